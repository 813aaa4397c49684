import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { type HangOptions, hangState } from "./judge-hang.ts";
import type { Recorded } from "./rank-record.ts";
import type { Wait } from "./wait.ts";
import type { WaitGraph } from "./wait-graph.ts";

export type LastDoing = {
  readonly rank: number;
  /** Label of the communicator; absent with the rest where the rank recorded nothing. */
  readonly group?: string;
  readonly collective?: string;
  readonly seq?: number;
  /**
   * "waiting": entered and not completed. "behind": its peers finished it, this rank did not. "completed": nothing is open.
   * "no dump": it gave none.
   */
  readonly state: "waiting" | "behind" | "completed" | "no dump";
  /** Microseconds since 1970 on the rank's clock, when it entered. */
  readonly createdUs?: number;
  /** Ranks that did not enter what it waits in, or do not tell; where all entered, those still held up before it. */
  readonly waitsFor: readonly number[];
};

/** What each rank of the job last did, by rank: the first operation that holds it, else the last it completed. */
export function lastDoings(dumps: readonly FlightRecorderDump[], options: HangOptions = {}): LastDoing[] {
  const { records, silent, graph } = hangState(dumps, options);
  const doings: LastDoing[] = silent.map((rank) => ({ rank, state: "no dump", waitsFor: [] }));
  for (const { rank, operations } of records.values()) {
    const [first] = graph.ofRank.get(rank) ?? [];
    const [behind] = graph.behind.get(rank) ?? [];
    if (first !== undefined) {
      const wait = graph.waits[first]!;
      doings.push({
        ...doingOf(rank, wait.waiting.get(rank)),
        state: "waiting",
        waitsFor: waitedFor(wait, first, graph),
      });
    } else if (behind !== undefined)
      doings.push({ ...doingOf(rank, behind.waiting.get(rank)), state: "behind", waitsFor: [] });
    else doings.push({ ...doingOf(rank, operations.at(-1)), state: "completed", waitsFor: [] });
  }
  return doings.toSorted((a, b) => a.rank - b.rank);
}

/** Who did not enter; where all did, those who are held up before it. */
function waitedFor({ waiting, missing, unknown }: Wait, index: number, graph: WaitGraph): number[] {
  const absent = [...missing, ...unknown];
  const later = [...waiting.keys()].filter((rank) => graph.ofRank.get(rank)?.[0] !== index);
  return (absent.length > 0 ? absent : later).toSorted(ascending);
}

function doingOf(rank: number, operation: Recorded | undefined): Omit<LastDoing, "state" | "waitsFor"> {
  if (operation === undefined) return { rank };
  const { group, collective, seq, parts } = operation;
  const createdUs = parts[0]?.createdUs;
  return { rank, group: group.label, collective, seq, ...(createdUs === undefined ? {} : { createdUs }) };
}

function ascending(a: number, b: number): number {
  return a - b;
}
