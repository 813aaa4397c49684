/**
 * Who holds up a job, from reports of NCCL's RAS threads: who does not answer, who has an error, and who has begun fewer
 * operations than the others while nobody goes on. A rank here is its number in the largest communicator that it is in.
 */
import type { RasCommunicator, RasMember, RasReport } from "@lockstep/formats/ras/ras-report";
import type { Confidence, Evidence, Finding, Verdict } from "@lockstep/schemas/domain/finding";
import type { Collective } from "@lockstep/schemas/domain/operation";

type Place = { readonly communicator: RasCommunicator; readonly member: RasMember };
type Behind = Place & { readonly collective: Collective; readonly begun: number; readonly others: number };

/**
 * `reports` in the order in which they were taken. With one of them only ranks that do not answer or have an error can be
 * told: ranks of a healthy job have begun more or fewer operations at any moment, too. Two that are some seconds apart and show no
 * progress in a communicator show who has not entered.
 */
export function judgeRas(reports: readonly RasReport[], job = ""): Verdict {
  const last = reports.at(-1);
  if (last === undefined) return { job, findings: [], not_enough_data: "no RAS report was read" };
  const places = last.communicators.flatMap((communicator) =>
    communicator.members.map((member): Place => ({ communicator, member })),
  );
  places.sort((a, b) => b.communicator.size - a.communicator.size);
  const processes = [...Map.groupBy(places, ({ member, communicator }) => nameOf(member, communicator)).values()];
  const stuck = reports.length > 1 ? behindIn(reports.at(-2)!, last) : [];
  const findings = processes.flatMap((of) => {
    const behind = stuck.find(({ member }) => of.some((place) => place.member === member));
    const finding = silence(of) ?? failure(of) ?? (behind && notEntered(of[0]!.member.rank, behind));
    if (finding === undefined) return [];
    const { member, communicator } = of[0]!;
    return [
      {
        ...finding,
        job,
        kind: "hang",
        rank: member.rank,
        communicator: communicator.id,
        ...(member.host !== undefined && { node: member.host }),
      } satisfies Finding,
    ];
  });
  const oneIsNotEnough = findings.length === 0 && reports.length === 1;
  return {
    job,
    findings,
    ...(oneIsNotEnough && {
      not_enough_data:
        "all ranks answer in the one RAS report; give a second one, taken some seconds later, to tell who does not go on",
    }),
  };
}

type Told = Pick<Finding, "confidence" | "cause" | "summary" | "evidence">;

/** Undefined where the process answered in one of its communicators. */
function silence(of: readonly Place[]): Told | undefined {
  if (!of.every(({ member }) => member.missing)) return undefined;
  const dead = of.some(({ member }) => member.status.consideredDead === true);
  const [{ member, communicator }] = of as [Place];
  return {
    confidence: dead ? "high" : "medium",
    cause: {
      code: "unknown",
      text: `${nameOf(member, communicator)} does not answer: look whether the process and its host live`,
    },
    summary: `rank ${member.rank} (${nameOf(member, communicator)}) does not answer NCCL's RAS${dead ? " and is taken to be dead" : ""}`,
    evidence: [
      { what: "communicators in which it does not answer", value: of.length, unit: "" },
      {
        what: "ranks of the communicator that do",
        value: communicator.members.filter(({ missing }) => !missing).length,
        unit: "ranks",
      },
    ],
  };
}

function failure(of: readonly Place[]): Told | undefined {
  const failed = of.find(({ member }) => (member.status.asyncError ?? 0) !== 0 || member.status.abortFlag === true);
  if (failed === undefined) return undefined;
  const { member, communicator } = failed;
  const { rank } = of[0]!.member;
  const code = member.status.asyncError ?? 0;
  const told = code !== 0 ? `reports NCCL error ${code}` : "aborts its communicator";
  return {
    confidence: "medium",
    cause: { code: "unknown", text: "the error is the rank's own or that of a peer it talked to: read its log" },
    summary: `rank ${rank} (${nameOf(member, communicator)}) ${told}`,
    evidence: [{ what: `NCCL's asynchronous error in ${communicator.id}`, value: code, unit: "" }],
  };
}

function notEntered(rank: number, { member, communicator, collective, begun, others }: Behind): Told {
  const counted = communicator.members.filter(({ counts }) => counts.has(collective)).length;
  const confidence: Confidence = counted === communicator.size ? "high" : "medium";
  const evidence: Evidence[] = [
    {
      what: `${collective} begun in ${communicator.id}`,
      value: begun,
      unit: "operations",
      peers: { median: others, low: others, high: others },
    },
    { what: "progress of the communicator between the two reports", value: 0, unit: "operations" },
  ];
  return {
    confidence,
    cause: { code: "unknown", text: "why it did not enter is unknown: look at the rank's process and stack" },
    summary: `rank ${rank} (${nameOf(member, communicator)}) has not entered ${collective} ${others} of ${communicator.id}, which the others wait in`,
    evidence,
  };
}

/** Members that have begun less than the others, in communicators in which nothing was begun between two reports. */
function behindIn(before: RasReport, now: RasReport): Behind[] {
  return now.communicators.flatMap((communicator) => {
    const earlier = before.communicators.find(
      ({ id, secondaryHash }) => id === communicator.id && secondaryHash === communicator.secondaryHash,
    );
    if (earlier === undefined || hasProgress(earlier, communicator)) return [];
    const collectives = new Set(communicator.members.flatMap(({ counts }) => [...counts.keys()]));
    return [...collectives].flatMap((collective) => {
      const counted = communicator.members.flatMap((member) => {
        const begun = member.counts.get(collective);
        return begun === undefined ? [] : [{ member, begun }];
      });
      const others = Math.max(...counted.map(({ begun }) => begun));
      const behind = counted.filter(({ begun }) => begun < others);
      // Where most are behind, the few ahead have gone on alone: no rank is to blame by counts.
      if (2 * behind.length >= counted.length) return [];
      return behind.map((each) => ({ ...each, communicator, collective, others }));
    });
  });
}

function hasProgress(before: RasCommunicator, now: RasCommunicator): boolean {
  const earlier = new Map(before.members.map((member) => [member.rank, member.counts]));
  return now.members.some(({ rank, counts }) =>
    [...counts].some(([collective, begun]) => begun !== (earlier.get(rank)?.get(collective) ?? begun)),
  );
}

function nameOf({ host, pid, rank }: RasMember, { id }: RasCommunicator): string {
  return host === undefined || pid === undefined ? `rank ${rank} of ${id}` : `${host}/${pid}`;
}
