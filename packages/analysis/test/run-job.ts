/** Jobs of blocking operations for tests, simulated exactly: what they record, and how long they take. */
import type { Communicator, JobWindow, OperationColumn } from "../src/straggler/job-window.ts";

export type Job = {
  readonly ranks: number;
  readonly steps: number;
  /** In the order in which all ranks call them: members, and microseconds of transfer. */
  readonly operations: readonly {
    readonly members: readonly number[];
    readonly transferUs: number;
    /** TP where it is left out. */
    readonly kind?: Communicator["kind"];
  }[];
  /** Before an operation. */
  readonly workUs: (step: number, operation: number, rank: number) => number;
};

export function runJob({ ranks, steps, operations, workUs }: Job): {
  window: JobWindow;
  totalUs: number;
  selfUs: Float64Array;
} {
  const clock = new Float64Array(ranks);
  const selfUs = new Float64Array(ranks * steps);
  const stepTime = new Float64Array(ranks * steps);
  const columns = operations.map(({ members }, communicator): OperationColumn & { start: Float32Array } => ({
    communicator,
    collective: "AllReduce",
    bytes: 1 << 20,
    slots: 1,
    perSlot: 1,
    exec: new Float32Array(steps * members.length),
    start: new Float32Array(steps * members.length),
  }));
  for (let step = 0; step < steps; step++) {
    const begin = clock.slice();
    for (const [index, { members, transferUs }] of operations.entries()) {
      for (const rank of members) {
        const us = workUs(step, index, rank);
        clock[rank]! += us;
        selfUs[rank * steps + step]! += us;
      }
      const end = Math.max(...members.map((rank) => clock[rank]!)) + transferUs;
      for (const [place, rank] of members.entries()) {
        columns[index]!.exec[step * members.length + place] = end - clock[rank]!;
        columns[index]!.start[step * members.length + place] = clock[rank]! - begin[rank]!;
        clock[rank] = end;
      }
    }
    for (const [rank, us] of clock.entries()) stepTime[rank * steps + step] = us - begin[rank]!;
  }
  const communicators = operations.map(
    ({ members, kind }, index): Communicator => ({
      id: `g${index}`,
      kind: kind ?? "TP",
      members: Int32Array.from(members),
    }),
  );
  const window: JobWindow = {
    job: "job",
    firstStep: 0,
    steps,
    ranks: Array.from({ length: ranks }, (_, rank) => ({ rank, process: `p${rank}`, node: undefined, gpu: undefined })),
    communicators,
    operations: columns,
    stepTime,
    self: selfUs,
    endedAt: new Float64Array(steps).fill(Number.NaN),
    kernelTiming: true,
  };
  return { window, totalUs: Math.max(...clock), selfUs };
}
