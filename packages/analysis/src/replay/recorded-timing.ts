/** How long the operations of a trace took by themselves, without the waiting for others that their durations hold. */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { medianOfPrefix } from "../stats/median.ts";
import { isCommunication, roleOf } from "./optype-role.ts";
import type { ReplayGraph } from "./replay-graph.ts";
import { endS } from "./worker-step.ts";

/** Clocks of workers differ: an operation may end before the last of its group began, by this many seconds and no more. */
const clockToleranceS = 1e-2;

/**
 * Seconds by row: the duration of an operation that ends by itself; of one that ends with others, from the last start
 * among them to its own end.
 */
export function recordedSeconds(trace: StepTrace, { group, members }: ReplayGraph): Float64Array {
  const lastStart = Float64Array.from({ length: members.from.length - 1 }, (_, index) => {
    let last = Number.NEGATIVE_INFINITY;
    for (let i = members.from[index]!; i < members.from[index + 1]!; i++)
      last = Math.max(last, trace.startS[members.values[i]!]!);
    return last;
  });
  return Float64Array.from(trace.durationS, (duration, row) => {
    if (group[row]! < 0) return duration;
    const transfer = endS(trace, row) - lastStart[group[row]!]!;
    return transfer <= -clockToleranceS ? 0 : transfer;
  });
}

/** Seconds by row between the end of the last operation it waits for (the step's start, where it waits for none) and its start. */
export function launchDelays(trace: StepTrace, { after, rows }: ReplayGraph): Float64Array {
  const stepStart = new Float64Array(trace.steps.length).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < rows; row++)
    stepStart[trace.step[row]!] = Math.min(stepStart[trace.step[row]!]!, trace.startS[row]!);
  return Float64Array.from(trace.startS, (start, row) => {
    let ready = stepStart[trace.step[row]!]!;
    for (let i = after.from[row]!; i < after.from[row + 1]!; i++)
      ready = Math.max(ready, endS(trace, after.values[i]!));
    return Math.max(0, start - ready);
  });
}

/**
 * Each operation as long as its optype is over all workers and steps: compute its mean, communication the median of its
 * transfers. `seconds` are the recorded ones.
 */
export function idealSeconds(trace: StepTrace, seconds: Float64Array, ordered: Uint8Array): Float64Array {
  const level = trace.optypes.map((name, optype) => {
    const values = seconds.filter((_, row) => trace.optype[row] === optype && ordered[row] === 1);
    if (isCommunication(roleOf(name))) return medianOfPrefix(values, values.length);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
  return Float64Array.from(trace.optype, (optype) => level[optype]!);
}
