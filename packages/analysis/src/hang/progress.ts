import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import type { Completion } from "./completion.ts";
import type { GroupProgress, Progress } from "./rank-record.ts";

/** How far this rank came in the group that its entries call `name` and its status `pgId`. */
export function progressOf(
  { entries, status }: FlightRecorderDump,
  name: string,
  pgId: string | undefined,
  completion: Completion,
): GroupProgress {
  const recorded = completion.recorded(name);
  const collectives = completion.status(name, pgId, false);
  const p2p = completion.status(name, pgId, true);
  const told = pgId === undefined ? undefined : status.get(pgId);
  // A ring that begins with the first operation and holds completed ones holds all: what is not there was not entered.
  const never = entries[0]?.recordId === 0 && !completion.onlyActive ? 0 : undefined;
  return {
    collectives: progress(
      [recorded?.entered.collectives, collectives?.enqueued, never],
      [recorded?.completed.collectives, collectives?.completed],
    ),
    p2p: progress([recorded?.entered.p2p, p2p?.enqueued, never], [recorded?.completed.p2p, p2p?.completed]),
    started: told?.lastStarted,
    returned: collectives?.enqueued,
  };
}

/** Numbers below 0 mean that there is none: what was never completed is not known to be so before the ring. */
function progress(entered: readonly (number | undefined)[], completed: readonly (number | undefined)[]): Progress {
  const done = largest(completed.filter((value) => value !== undefined && value >= 0));
  return { entered: largest([...entered, done]), completed: done };
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  let most: number | undefined;
  for (const value of values) if (value !== undefined && (most === undefined || value > most)) most = value;
  return most;
}
