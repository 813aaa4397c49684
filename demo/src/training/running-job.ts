/** A training job as it goes on in time: step after step, with its pauses, until it hangs; then it is started anew. */
import type { TrainingPhase } from "../model/load.ts";
import { FlightRecorder } from "./flight-recorder.ts";
import type { TrainingJob } from "./job.ts";
import { replicaOf } from "./job.ts";
import { type JobRun, startRun } from "./job-run.ts";
import { type Conditions, type RankOperation, StepEngine } from "./step-engine.ts";

/** Where what the job's processes write goes. */
export type JobOutput = {
  /** New processes have begun; those before have ended. */
  begin(run: JobRun): void;
  /** Completed operations, of each rank in its order. */
  operations(operations: readonly RankOperation[], nowMs: number): void;
  /** `gone`: ranks whose process is no more, so that it can dump nothing. */
  dump(run: JobRun, recorder: FlightRecorder, gone: readonly number[]): void;
};

export type JobMoment = {
  readonly conditions: Conditions;
  readonly phase: TrainingPhase;
  /** Ranks whose process died rather than hangs. */
  readonly gone: readonly number[];
};

/** Operations that do not complete in this time are given up: the recorders are dumped. */
export const COLLECTIVE_TIMEOUT_MS = 60_000;
/** A gap this long is not made up for: the machine slept. */
const LONGEST_GAP_MS = 120_000;
/** Whoever writes the checkpoint is back later than the others. */
const WRITERS_LATER_US = 900_000;

type Hang = { readonly sinceMs: number; dumped: boolean };

export class RunningJob {
  readonly job: TrainingJob;
  readonly #seed: number;
  readonly #output: JobOutput;
  #engine: StepEngine;
  #run: JobRun;
  #recorder: FlightRecorder;
  #pending: readonly RankOperation[] = [];
  #phase: TrainingPhase = "work";
  #hang: Hang | undefined;
  #steps = 0;

  constructor(job: TrainingJob, seed: number, startMs: number, output: JobOutput) {
    this.job = job;
    this.#seed = seed;
    this.#output = output;
    this.#run = startRun(job, seed, startMs);
    this.#engine = new StepEngine(job, seed, startMs);
    this.#recorder = new FlightRecorder(this.#run);
    output.begin(this.#run);
  }

  get run(): JobRun {
    return this.#run;
  }

  /** Steps of this run that were completed. */
  get steps(): number {
    return this.#steps;
  }

  /** Comes to `nowMs`. `at` is asked for what a step meets with when it begins; calls go forward in time. */
  advance(nowMs: number, at: (timeMs: number) => JobMoment): void {
    if (nowMs * 1000 - this.#engine.endUs > LONGEST_GAP_MS * 1000) this.#waitUntil(nowMs);
    for (;;) {
      if (this.#hang !== undefined) {
        this.#hung(nowMs, at);
        if (this.#hang !== undefined) return;
      }
      const endMs = this.#engine.endUs / 1000;
      if (endMs > nowMs) return;
      this.#deliver(nowMs);
      const moment = at(endMs);
      if (moment.phase !== "work") {
        this.#phase = moment.phase;
        this.#waitUntil(nowMs);
        return;
      }
      this.#goOn(nowMs);
      this.#step(moment.conditions);
    }
  }

  #step(conditions: Conditions): void {
    const beganMs = this.#engine.endUs / 1000;
    this.#pending = this.#engine.step(conditions);
    this.#recorder.add(this.#pending);
    if (this.#engine.endUs === Number.POSITIVE_INFINITY) this.#hang = { sinceMs: beganMs, dumped: false };
  }

  #deliver(nowMs: number): void {
    if (this.#pending.length === 0) return;
    this.#output.operations(this.#pending, nowMs);
    this.#pending = [];
    this.#steps += 1;
  }

  /** After a pause: a new start where the pause was one, and those who wrote the checkpoint come last. */
  #goOn(nowMs: number): void {
    const { job } = this;
    const { clock } = this.#engine;
    if (this.#phase === "pause") this.#restart(nowMs);
    if (this.#phase === "checkpoint") {
      for (let rank = 0; rank < clock.length; rank++) if (replicaOf(job, rank) === 0) clock[rank]! += WRITERS_LATER_US;
    }
    this.#phase = "work";
  }

  #hung(nowMs: number, at: (timeMs: number) => JobMoment): void {
    const hang = this.#hang!;
    const done = this.#pending.filter(({ endUs }) => endUs <= nowMs * 1000);
    if (done.length > 0) {
      this.#output.operations(done, nowMs);
      this.#pending = this.#pending.filter(({ endUs }) => endUs > nowMs * 1000);
    }
    const { conditions, gone } = at(nowMs);
    if (!hang.dumped && nowMs - hang.sinceMs >= COLLECTIVE_TIMEOUT_MS) {
      hang.dumped = true;
      this.#output.dump(this.#run, this.#recorder, gone);
    }
    if (conditions.stopped.includes(1)) return;
    this.#hang = undefined;
    this.#pending = [];
    this.#restart(nowMs);
  }

  #restart(nowMs: number): void {
    this.#run = startRun(this.job, this.#seed, nowMs);
    this.#engine = new StepEngine(this.job, this.#seed, nowMs);
    this.#recorder = new FlightRecorder(this.#run);
    this.#steps = 0;
    this.#output.begin(this.#run);
  }

  #waitUntil(timeMs: number): void {
    const { clock } = this.#engine;
    for (let rank = 0; rank < clock.length; rank++) clock[rank] = Math.max(clock[rank]!, timeMs * 1000);
  }
}
