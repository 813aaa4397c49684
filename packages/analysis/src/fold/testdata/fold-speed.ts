/** Speed of folding, and of joining a window of 4,096 ranks: run by hand, `node packages/analysis/src/fold/testdata/fold-speed.ts`. */
import type { Operation } from "@lockstep/schemas/domain/operation";
import { ProcessFolder } from "../process-folder.ts";
import type { StepRow } from "../step-row.ts";
import { buildWindow } from "../window.ts";
import { dumped, trainingJob } from "./training-job.ts";

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function foldSpeed(name: string, operations: readonly Operation[]): void {
  const folder = new ProcessFolder({ job: "job", process: "p", onRow: () => rows++ });
  let rows = 0;
  const ms = cpuMs(() => {
    for (const operation of operations) folder.push(operation);
    folder.flush();
  });
  const ns = Math.round((ms * 1e6) / operations.length);
  console.log(
    `${name}: ${operations.length} operations, ${rows} rows, ${ns} ns CPU an operation, ${Math.round(1e9 / ns)} a second`,
  );
}

const layout = { tp: 2, pp: 4, dp: 2, microBatches: 8, layers: 32, steps: 250, gradNorm: true };
const [rank] = trainingJob(layout).slice(5, 6);
foldSpeed(
  "in order",
  rank!.map(({ operation }) => operation),
);
foldSpeed(
  "in dumps",
  dumped(rank!, 1e6).map(({ operation }) => operation),
);
const small = trainingJob({ tp: 1, pp: 1, dp: 2, steps: 300_000, layers: 1, microBatches: 1 })[0]!;
foldSpeed(
  "one operation a step",
  small.map(({ operation }) => operation),
);

/** As folding would give them: 64 slots of a tensor-parallel group, a pipeline's pairs, a data-parallel one. */
function rowsOf(steps: number): StepRow[] {
  const rows: StepRow[] = [];
  const [tp, pp, dp] = [8, 8, 64];
  for (let rank = 0; rank < tp * pp * dp; rank++) {
    const t = rank % tp;
    const d = Math.floor(rank / tp) % dp;
    const p = Math.floor(rank / tp / dp);
    const node = `node-${Math.floor(rank / 8)}`;
    const base = {
      job: "job",
      kind: "?" as const,
      run: 0,
      odd: false,
      process: `${node}/${rank}`,
      node,
      jobRank: undefined,
      members: undefined,
    };
    const times = { began: 1.7e15, ended: 1.7e15 + 1e6, self_us: 1000, step_us: 1e6, timing: "kernel_gpu" as const };
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => 200 + ((i * rank) % 50));
    const row = (
      step: number,
      communicator: string,
      collective: string,
      at: number,
      size: number,
      count: number,
      perSlot: number,
      peer?: number,
    ): StepRow => {
      const slots = Math.ceil(count / perSlot);
      return {
        ...base,
        ...times,
        communicator,
        collective,
        peer,
        step,
        rank: at,
        size,
        seq: step * count,
        count,
        perSlot,
        bytes: 1 << 24,
        exec_us: numbers(slots),
        start_us: numbers(slots),
      };
    };
    for (let step = 0; step < steps; step++) {
      rows.push(row(step, `tp-${p}-${d}`, "AllReduce", t, tp, 1536, 24));
      rows.push(
        row(step, `dp-${p}-${t}`, "ReduceScatter", d, dp, 4, 1),
        row(step, `dp-${p}-${t}`, "AllGather", d, dp, 4, 1),
      );
      if (p + 1 < pp) rows.push(row(step, `pp-${t}-${d}`, "Send", p, pp, 4, 1, p + 1));
      if (p > 0) rows.push(row(step, `pp-${t}-${d}`, "Recv", p, pp, 4, 1, p - 1));
    }
  }
  return rows;
}

const rows = rowsOf(20);
for (let i = 0; i < 2; i++) {
  const ms = cpuMs(() => {
    const window = buildWindow(rows, { firstStep: 0, steps: 20 });
    console.log(`${window.ranks.length} ranks, ${window.operations.length} columns from ${rows.length} rows`);
  });
  console.log(`window: ${Math.round(ms)} ms CPU, ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
}
