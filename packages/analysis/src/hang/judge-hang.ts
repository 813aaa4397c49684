import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import type { Finding, Verdict } from "@lockstep/schemas/domain/finding";
import { collectiveWaits } from "./collective-waits.ts";
import { findCulprits, type JobRanks } from "./culprits.ts";
import { blamelessFinding, culpritFinding } from "./hang-findings.ts";
import { JobGroups } from "./job-groups.ts";
import { mismatches } from "./mismatch.ts";
import { mismatchFindings } from "./mismatch-findings.ts";
import { pairWaits } from "./pair-waits.ts";
import { ranksText } from "./rank-list.ts";
import { rankRecords } from "./rank-record.ts";
import { staleDumps } from "./stale-dumps.ts";
import type { Wait } from "./wait.ts";
import { WaitGraph } from "./wait-graph.ts";

export type HangOptions = {
  readonly job?: string;
  /**
   * When the dumps were taken, microseconds since 1970, where that is known: then what was entered less than `stalledAfterUs`
   * before is work under way. Without it every operation that is not completed counts, as after a time-out.
   */
  readonly takenAtUs?: number;
  readonly stalledAfterUs?: number;
};

/** No progress for half a minute is the least that counts as a hang. */
const usualStalledAfterUs = 30e6;

/** What the dumps of a job tell together. */
export type HangState = JobRanks & {
  readonly waits: readonly Wait[];
  readonly graph: WaitGraph;
};

export function hangState(dumps: readonly FlightRecorderDump[], options: HangOptions = {}): HangState {
  const latest = [...new Map(dumps.map((dump) => [dump.rank, dump])).values()];
  const groups = new JobGroups(latest);
  const records = new Map(rankRecords(latest, groups).map((record) => [record.rank, record]));
  const stale = staleDumps(groups.all, records);
  const silent = [...new Set(groups.all.flatMap(({ members }) => members))]
    .filter((rank) => !records.has(rank))
    .toSorted((a, b) => a - b);
  const all = [...collectiveWaits(records, stale), ...pairWaits(records, stale)];
  const waits = all.filter((wait) => isStalled(wait, options));
  return { groups, records, stale, silent, waits, graph: new WaitGraph(waits) };
}

/**
 * Who holds up a job, from the Flight Recorder dumps of its ranks (one each; of several of a rank the last given counts).
 * A finding "hang" for each rank to blame, or for the group where no rank is; "mismatch" where ranks did not do the same.
 * None where every operation that was entered completed. See docs/straggler.md.
 */
export function judgeHang(dumps: readonly FlightRecorderDump[], options: HangOptions = {}): Verdict {
  const job = options.job ?? "";
  if (dumps.length === 0)
    return { job, findings: [], not_enough_data: "no Flight Recorder dump was read: give the dumps of all ranks" };
  const state = hangState(dumps, options);
  const { graph, records, waits } = state;
  const mismatched = mismatches(waits, records);
  const { culprits, blameless } = findCulprits(graph, state, mismatched);
  const findings: Finding[] = [
    ...culprits.map((culprit) => culpritFinding(job, culprit, state)),
    ...mismatched.flatMap((mismatch) => mismatchFindings(job, mismatch)),
    ...blameless.map((each) => blamelessFinding(job, each, state)),
  ];
  const lacking = lackingText(state, findings);
  return { job, findings, ...(lacking === undefined ? {} : { not_enough_data: lacking }) };
}

function isStalled({ waiting }: Wait, { takenAtUs, stalledAfterUs = usualStalledAfterUs }: HangOptions): boolean {
  if (takenAtUs === undefined) return true;
  const entered = [...waiting.values()].flatMap(({ parts }) => parts[0]?.createdUs ?? []);
  return entered.length === 0 || Math.min(...entered) <= takenAtUs - stalledAfterUs;
}

/** Which dumps miss or are of another moment, and what could not be judged because of it. */
function lackingText({ silent, stale, graph }: HangState, findings: readonly Finding[]): string | undefined {
  const blamed = new Set(findings.flatMap(({ rank }) => rank ?? []));
  const unjudged = silent.filter((rank) => !blamed.has(rank));
  const texts: string[] = [];
  if (unjudged.length > 0) {
    const follows =
      graph.waits.length === 0
        ? "the ranks that gave one wait for nobody"
        : findings.length === 0
          ? "the others wait, but for whom cannot be told without it"
          : "whether they are to blame too cannot be told without it";
    texts.push(`no dump of ${ranksText(unjudged)}: ${follows}`);
  }
  if (stale.size > 0)
    texts.push(
      `the dump of ${ranksText(stale)} is older than the others: peers completed operations that need it and that it does not hold (or gave them up, which gloo does not tell apart); take all dumps at the same moment, while the job hangs`,
    );
  return texts.length === 0 ? undefined : texts.join("; ");
}
