/**
 * Which send meets which receive. Rows of point-to-point operations name neither micro-batch nor peer, so each is first
 * given to the compute that made or needs its data; the pair are then the same micro-batch in neighbouring model chunks.
 */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import type { Direction } from "./optype-role.ts";
import { endS, type WorkerStep } from "./worker-step.ts";

/** Seconds by which starts and ends that are the same moment may differ. */
export const sameMomentS = 5e-5;

export type ComputeOf = {
  /** [send or receive, its compute]; operations that no compute belongs to are left out. */
  readonly sends: readonly (readonly [row: number, compute: number])[];
  readonly receives: readonly (readonly [row: number, compute: number])[];
};

/**
 * The n-th operation belongs to the n-th compute of its direction. Profilers record operations that never ran: receives
 * after the last compute began, sends before the first was over. Where the first receive of a stage is missing, the
 * others belong to the last computes.
 */
export function computeOf(trace: StepTrace, own: WorkerStep, direction: Direction): ComputeOf {
  const compute = own[direction];
  if (compute.length === 0) return { sends: [], receives: [] };
  const lastStart = Math.max(...compute.map((row) => trace.startS[row]!));
  const firstEnd = Math.min(...compute.map((row) => endS(trace, row)));
  const ran = (rows: readonly number[], couldRun: (row: number) => boolean) =>
    // As many as there are computes: times that are a little off shall not shift the pairs.
    rows.length === compute.length ? rows : rows.filter(couldRun);
  const sends = ran(own.sends[direction], (row) => endS(trace, row) >= firstEnd - sameMomentS);
  const receives = ran(own.receives[direction], (row) => trace.startS[row]! <= lastStart + sameMomentS);
  const skipped = Math.max(0, compute.length - receives.length);
  return {
    sends: sends.slice(0, compute.length).map((row, place) => [row, compute[place]!] as const),
    receives: receives.slice(0, compute.length).map((row, place) => [row, compute[place + skipped]!] as const),
  };
}

/** Of one pipeline (replica) in one step: finds the receive that takes what a send gives. */
export class TransferPairs {
  readonly #trace: StepTrace;
  readonly #sends = new Map<string, number>();
  readonly #receives = new Map<string, number>();

  constructor(trace: StepTrace) {
    this.#trace = trace;
  }

  add(own: WorkerStep, direction: Direction, { sends, receives }: ComputeOf): void {
    const step = direction === "forward" ? 1 : -1;
    const place = new Map(own[direction].map((row, index) => [row, index]));
    for (const [row, compute] of sends) {
      const { microBatch, chunk } = this.#work(compute, place.get(compute)!);
      this.#sends.set(`${direction}/${microBatch}/${chunk + step}`, row);
    }
    for (const [row, compute] of receives) {
      const { microBatch, chunk } = this.#work(compute, place.get(compute)!);
      this.#receives.set(`${direction}/${microBatch}/${chunk}`, row);
    }
  }

  #work(compute: number, place: number): { microBatch: number; chunk: number } {
    const { microBatch, globalModelChunk, modelChunk, stage, stages } = this.#trace;
    const ownChunk = Math.max(0, modelChunk[compute]!) * stages + stage[compute]!;
    return {
      microBatch: microBatch[compute]! >= 0 ? microBatch[compute]! : place,
      chunk: globalModelChunk[compute]! >= 0 ? globalModelChunk[compute]! : ownChunk,
    };
  }

  pairs(): [send: number, receive: number][] {
    return [...this.#sends].flatMap(([key, send]) => {
      const receive = this.#receives.get(key);
      return receive === undefined ? [] : [[send, receive]];
    });
  }
}
