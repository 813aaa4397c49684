/** What every finding of a window has in common, and how much its evidence can carry. */
import type { Confidence, Evidence, Finding } from "@lockstep/schemas/domain/finding";
import type { JobWindow } from "./job-window.ts";
import type { SelfTimeSource } from "./self-time.ts";
import type { Span } from "./trouble-span.ts";

const levels: readonly Confidence[] = ["low", "medium", "high"];

/** Of the job's ranks unheard beyond this share, the missing ones may well be the ones to blame. */
const maxUnheard = 0.2;

/** `weaknesses`: reasons of the finding's own to trust it less; each takes one level. */
export function confidenceOf(window: JobWindow, source: SelfTimeSource, weaknesses: number): Confidence {
  let level = 2 - weaknesses;
  if (!window.kernelTiming) level--;
  if (source === "subtracted") level--;
  if (source === "relative") level -= 2;
  if (unheardShare(window) > maxUnheard) level--;
  return levels[Math.max(0, level)]!;
}

function unheardShare(window: JobWindow): number {
  let members = 0;
  let unheard = 0;
  for (const communicator of window.communicators) {
    for (const rank of communicator.members) {
      members++;
      if (rank < 0) unheard++;
    }
  }
  return members === 0 ? 0 : unheard / members;
}

/** What the reader must know of how the numbers were come by; nothing where they are the best there are. */
export function caveats(window: JobWindow, source: SelfTimeSource): Evidence[] {
  const caveats: Evidence[] = [];
  const say = (what: string, value: string) => caveats.push({ what, value, unit: "" });
  if (!window.kernelTiming) say("durations", "not the kernels' own: waiting for the CPU is in them");
  if (source === "subtracted") say("self time", "step time less the time in operations: operations are not dated");
  if (source === "relative")
    say("self time", "by differences of the time in operations: how many times longer is not known");
  return caveats;
}

type Interval = Pick<Finding, "job" | "first_step" | "last_step"> & { from?: number; to?: number };

/** `span`: the whole window where it is left out. */
export function interval(window: JobWindow, jobStep: Float64Array, span?: Span): Interval {
  const { first: firstStep, last: lastStep } = span ?? { first: 0, last: window.steps - 1 };
  const first = window.endedAt[firstStep]! - jobStep[firstStep]! / 1e3;
  const last = window.endedAt[lastStep]!;
  return {
    job: window.job,
    first_step: window.firstStep + firstStep,
    last_step: window.firstStep + lastStep,
    ...(Number.isNaN(first) ? {} : { from: Math.round(first) }),
    ...(Number.isNaN(last) ? {} : { to: Math.round(last) }),
  };
}

/** Keys of unknown numbers are left out: NaN has no form in JSON. */
export function known<Key extends string>(numbers: Record<Key, number>): Partial<Record<Key, number>> {
  return Object.fromEntries(Object.entries<number>(numbers).filter(([, value]) => Number.isFinite(value))) as Partial<
    Record<Key, number>
  >;
}

export const unknownCause = { code: "unknown", text: "the collectives alone do not tell why" } as const;
