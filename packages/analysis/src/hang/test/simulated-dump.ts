import type { DumpEntry, DumpGroup, DumpStatus, FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import type { Done, Outcome } from "./simulated-job.ts";

export type DumpOptions = {
  readonly backend: "nccl" | "gloo";
  /** Start times and "started". */
  readonly timing: boolean;
  /** The ring holds so many. */
  readonly ring: number;
  /** Completed ones are left out. */
  readonly onlyActive: boolean;
  readonly status: boolean;
};

const startUs = 1.758e15;

/** What the recorders of the ranks hold in the end, in the form that readers give. */
export function dumpsOf({ program, done, silent }: Outcome, options: DumpOptions): FlightRecorderDump[] {
  return done.flatMap((own, rank): FlightRecorderDump[] => {
    if (silent.has(rank)) return [];
    const groups = program.groups.filter(({ ranks }) => ranks.includes(rank));
    // Ids count the groups a process made, those that others made not counted.
    const ids = new Map(groups.map(({ name }, at) => [name, String(at * 2)]));
    const all = own.flatMap((call) => entriesOf(call, rank, ids.get(call.group.name)!, options));
    const numbered = all.map((entry, recordId) => ({ ...entry, recordId }));
    const kept = numbered.slice(-options.ring).filter(({ state }) => !options.onlyActive || state !== "completed");
    const status = groups.map(({ name }) => [ids.get(name)!, statusOf(own, name, options)] as const);
    return [
      {
        file: `dump_${rank}`,
        rank,
        version: "2.9",
        groups: groups.map(
          ({ name, description, ranks }): DumpGroup => ({ id: name, name, description, ranks, pgId: ids.get(name) }),
        ),
        status: new Map(options.status ? status : []),
        entries: kept,
      },
    ];
  });
}

function entriesOf(call: Done, rank: number, pgId: string, options: DumpOptions): DumpEntry[] {
  const { group, peer, completed } = call;
  if (!call.batch || peer === undefined) return [entryOf(call, rank, pgId, options)];
  const other = group.ranks.indexOf(peer);
  const parts = (["Send", "Recv"] as const).map((collective) => ({
    ...entryOf(call, rank, pgId, options),
    collective,
    peer: other,
    state: "scheduled" as const,
    completedUs: undefined,
    startedUs: undefined,
    retired: false,
  }));
  return [
    ...parts,
    { ...entryOf({ ...call, completed }, rank, pgId, options), collective: "Coalesced", peer: undefined },
  ];
}

function entryOf(call: Done, rank: number, pgId: string, { backend, timing }: DumpOptions): DumpEntry {
  const { group, collective, peer, seq, p2pSeq, elements, dtype, started, completed } = call;
  const marks = backend === "nccl";
  // Clocks of ranks differ.
  const createdUs = startUs + 1000 * (seq + p2pSeq) + rank * 37_000;
  return {
    recordId: 0,
    groupName: group.name,
    groupDescription: group.description,
    pgId,
    backend,
    collective,
    seq,
    p2pSeq,
    opId: seq + p2pSeq,
    peer: peer === undefined ? undefined : group.ranks.indexOf(peer),
    isP2p: peer !== undefined,
    inputSizes: [[elements]],
    inputDtypes: [dtype],
    outputSizes: [[elements]],
    outputDtypes: [dtype],
    state: marks && completed ? "completed" : marks && timing && started ? "started" : "scheduled",
    createdUs,
    startedUs: marks && timing && started ? createdUs + 100 : undefined,
    completedUs: marks && completed ? createdUs + 500 : undefined,
    retired: completed,
    timeoutMs: 600_000,
    durationMs: marks && timing && completed ? 0.4 : undefined,
    frames: [],
  };
}

/** Counts whatever came last, a collective or a message. */
function statusOf(own: readonly Done[], name: string, { timing, backend }: DumpOptions): DumpStatus {
  const calls = own.filter(({ group }) => group.name === name);
  const number = (call: Done | undefined) =>
    call === undefined ? -1 : call.peer === undefined ? call.seq : call.p2pSeq;
  const started = calls.filter((call) => call.started).at(-1);
  return {
    lastEnqueued: number(calls.at(-1)),
    lastStarted: timing && backend === "nccl" && started !== undefined ? number(started) : undefined,
    lastCompleted: number(calls.filter(({ completed }) => completed).at(-1)),
  };
}
