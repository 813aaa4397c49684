/** A trace made ready for "how long would the steps be if": its dependencies, its recorded times and its ideal ones. */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { dependenciesOf } from "./dependencies.ts";
import { idealSeconds, launchDelays, recordedSeconds } from "./recorded-timing.ts";
import { type ReplayGraph, runGraph, type Timing } from "./replay-graph.ts";
import { endS, type WorkerStep, workerSteps } from "./worker-step.ts";

export type Rows = (row: number) => boolean;

export class WhatIf {
  readonly trace: StepTrace;
  readonly workerSteps: readonly WorkerStep[];
  readonly graph: ReplayGraph;
  /** Seconds by row, see recorded-timing.ts. */
  readonly recorded: Float64Array;
  readonly ideal: Float64Array;
  readonly delay: Float64Array;
  /** By step: 0 where its operations wait for one another in a circle, as those of a cut or mixed-up trace do; such steps are not replayed. */
  readonly usable: Uint8Array;

  constructor(trace: StepTrace) {
    this.trace = trace;
    this.workerSteps = workerSteps(trace);
    this.graph = dependenciesOf(trace, this.workerSteps);
    this.usable = new Uint8Array(trace.steps.length).fill(1);
    const ordered = new Uint8Array(trace.length);
    for (const row of this.graph.order) ordered[row] = 1;
    for (let row = 0; row < trace.length; row++) if (ordered[row] === 0) this.usable[trace.step[row]!] = 0;
    for (let row = 0; row < trace.length; row++) ordered[row] = this.usable[trace.step[row]!]!;
    this.recorded = recordedSeconds(trace, this.graph);
    this.ideal = idealSeconds(trace, this.recorded, ordered);
    this.delay = launchDelays(trace, this.graph);
  }

  /** Seconds by step; NaN of steps that cannot be replayed. */
  stepTimes(timing: Timing): Float64Array {
    const { end } = runGraph(this.graph, timing);
    const times = new Float64Array(this.trace.steps.length).fill(Number.NEGATIVE_INFINITY);
    for (let row = 0; row < end.length; row++) {
      const step = this.trace.step[row]!;
      if (this.usable[step]) times[step] = Math.max(times[step]!, end[row]!);
    }
    return times.map((time) => (Number.isFinite(time) ? time : Number.NaN));
  }

  /** Mean of them, seconds. */
  stepTime(timing: Timing): number {
    return meanOf(this.stepTimes(timing));
  }

  /** Recorded everywhere, but ideal in these rows. */
  fixed(rows: Rows): Timing {
    return { seconds: this.recorded.map((seconds, row) => (rows(row) ? this.ideal[row]! : seconds)) };
  }

  /** Ideal everywhere, but as recorded in these rows. */
  only(rows: Rows): Timing {
    return { seconds: this.ideal.map((seconds, row) => (rows(row) ? this.recorded[row]! : seconds)) };
  }

  /** Seconds by step as they were, from the first start to the last end. */
  recordedStepTimes(): Float64Array {
    const { trace } = this;
    const first = new Float64Array(trace.steps.length).fill(Number.POSITIVE_INFINITY);
    const last = new Float64Array(trace.steps.length).fill(Number.NEGATIVE_INFINITY);
    for (let row = 0; row < trace.length; row++) {
      const step = trace.step[row]!;
      first[step] = Math.min(first[step]!, trace.startS[row]!);
      last[step] = Math.max(last[step]!, endS(trace, row));
    }
    return last.map((end, step) => (this.usable[step] ? end - first[step]! : Number.NaN));
  }
}

/** Of the values that are known; NaN of none. */
export function meanOf(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
