/**
 * Step traces of a small pipeline job for tests, scheduled here from a program of what each stage does in turn, so that
 * replay's dependencies are checked against something that does not know them.
 */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";

export type Compute = {
  readonly direction: "forward" | "backward";
  readonly microBatch: number;
  readonly chunk: number;
};

export type TraceScene = {
  readonly dp: number;
  readonly stages: number;
  readonly chunks?: number;
  readonly microBatches: number;
  readonly steps: number;
  readonly seed?: number;
  /** Standard deviation of the noise of a compute, relative. */
  readonly noise?: number;
  /** Seconds of a forward; a backward takes twice as long. */
  readonly forwardS?: number;
  readonly times?: (place: { dp: number; stage: number; step: number } & Compute) => number;
  /** Seconds before a worker's first compute of a step. */
  readonly gapS?: (dp: number, stage: number) => number;
  /** Times longer that a transfer takes. */
  readonly transfer?: (optype: string, dp: number, stage: number, step: number) => number;
  /** Gradients of a chunk are reduced as soon as they are there. */
  readonly overlap?: boolean;
};

type Row = {
  dp: number;
  stage: number;
  step: number;
  optype: string;
  start: number;
  end: number;
  seq: number;
  chunk: number;
  microBatch: number;
};

export function uniform(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 97) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4_294_967_296;
  };
}

/** Sum of twelve uniforms less six: near enough to normal. */
export function normal(next: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += next();
  return sum;
}

/** One forward, one backward where there is one chunk; all forwards, then all backwards where there are several. */
function program({ stages, microBatches, chunks = 1 }: TraceScene, stage: number): Compute[] {
  const of = (direction: Compute["direction"], chunk: number) =>
    Array.from({ length: microBatches }, (_, microBatch): Compute => ({ direction, microBatch, chunk }));
  if (chunks > 1) {
    const each = Array.from({ length: chunks }, (_, chunk) => chunk);
    return [
      ...each.flatMap((chunk) => of("forward", chunk)),
      ...each.reverse().flatMap((chunk) => of("backward", chunk)),
    ];
  }
  const [forwards, backwards] = [of("forward", 0), of("backward", 0)];
  const order = forwards.splice(0, Math.min(microBatches, stages - 1 - stage));
  while (backwards.length > 0) order.push(...forwards.splice(0, 1), ...backwards.splice(0, 1));
  return order;
}

export function makeTrace(scene: TraceScene): StepTrace {
  const next = uniform(scene.seed ?? 1);
  const rows: Row[] = [];
  for (let step = 0; step < scene.steps; step++) rows.push(...makeStep(scene, step, next));
  return traceOf(scene, rows);
}

const p2pS = 0.001;

function makeStep(scene: TraceScene, step: number, next: () => number): Row[] {
  const { dp: replicas, stages } = scene;
  const rows: Row[] = [];
  const slower = scene.transfer ?? (() => 1);
  const counters = new Map<string, number>();
  const add = (dp: number, stage: number, optype: string, start: number, end: number, chunk = -1, microBatch = -1) => {
    const key = `${dp}/${stage}/${optype}`;
    const seq = counters.get(key) ?? 0;
    counters.set(key, seq + 1);
    rows.push({ dp, stage, step, optype, start, end, seq, chunk, microBatch });
  };
  const free = Array.from({ length: replicas }, () => new Array<number>(stages).fill(0));
  for (let stage = 0; stage < stages; stage++) {
    const seconds = 0.01 * slower("params-all-gather", 0, stage, step);
    for (let dp = 0; dp < replicas; dp++) {
      add(dp, stage, "params-all-gather", 0, seconds, 0);
      free[dp]![stage] = seconds + (scene.gapS?.(dp, stage) ?? 0);
    }
  }
  const lastOfChunk = new Map<string, number>();
  for (let dp = 0; dp < replicas; dp++)
    runPipeline(scene, { dp, step, next, free: free[dp]!, add, slower, lastOfChunk });
  endStep(scene, { step, free, add, slower, lastOfChunk });
  return rows;
}

type Ending = Pick<Pipeline, "step" | "add" | "slower" | "lastOfChunk"> & { readonly free: number[][] };

/** Gradients, then the optimizer: each waits for its group, and a worker does one after the other. */
function endStep(scene: TraceScene, ending: Ending): void {
  const { dp: replicas, stages } = scene;
  const { step, free, add, slower } = ending;
  if (scene.overlap) for (let stage = 0; stage < stages; stage++) reduceBesideCompute(scene, stage, ending);
  for (let dp = 0; dp < replicas && stages > 1; dp++) {
    const end =
      Math.max(free[dp]![0]!, free[dp]![stages - 1]!) + 0.01 * slower("embedding-grads-all-reduce", dp, 0, step);
    for (const stage of [0, stages - 1]) {
      add(dp, stage, "embedding-grads-all-reduce", free[dp]![stage]!, end);
      free[dp]![stage] = end;
    }
  }
  for (let stage = 0; stage < stages; stage++) {
    const optype = scene.overlap ? "separate-grads-all-reduce" : "grads-reduce-scatter";
    const end = Math.max(...free.map((each) => each[stage]!)) + 0.05 * slower(optype, 0, stage, step);
    for (let dp = 0; dp < replicas; dp++) {
      add(dp, stage, optype, free[dp]![stage]!, end, scene.overlap ? -1 : 0);
      free[dp]![stage] = end;
    }
  }
  const clipEnd = Math.max(...free.flat()) + 0.005;
  for (let dp = 0; dp < replicas; dp++)
    for (let stage = 0; stage < stages; stage++) {
      add(dp, stage, "optimizer-clip-main-grad", free[dp]![stage]!, clipEnd);
      add(dp, stage, "optimizer", clipEnd, clipEnd + 0.02);
    }
}

function reduceBesideCompute(
  { dp: replicas, chunks = 1 }: TraceScene,
  stage: number,
  { free, add, lastOfChunk }: Ending,
): void {
  let streamFree = 0;
  for (let chunk = chunks - 1; chunk >= 0; chunk--) {
    const from = free.map((_, dp) => Math.max(streamFree, lastOfChunk.get(`${dp}/${stage}/${chunk}`)!));
    const end = Math.max(...from) + 0.03;
    for (let dp = 0; dp < replicas; dp++) add(dp, stage, "grads-reduce-scatter", from[dp]!, end, chunk);
    streamFree = end;
  }
  for (const each of free) each[stage] = Math.max(each[stage]!, streamFree);
}

type Pipeline = {
  readonly dp: number;
  readonly step: number;
  readonly next: () => number;
  readonly free: number[];
  readonly add: (
    dp: number,
    stage: number,
    optype: string,
    start: number,
    end: number,
    chunk?: number,
    mb?: number,
  ) => void;
  readonly slower: (optype: string, dp: number, stage: number, step: number) => number;
  readonly lastOfChunk: Map<string, number>;
};

/** Sends and receives are asked for as soon as they can be; a compute starts when its data are there. */
function runPipeline(scene: TraceScene, { dp, step, next, free, add, slower, lastOfChunk }: Pipeline): void {
  const { stages, chunks = 1, noise = 0, forwardS = 0.05 } = scene;
  const programs = Array.from({ length: stages }, (_, stage) => program(scene, stage));
  const place = new Array<number>(stages).fill(0);
  /** Earliest that the next receive of a direction can be asked for, by stage. */
  const asked = { forward: new Array<number>(stages).fill(0), backward: new Array<number>(stages).fill(0) };
  const streamFree = new Map<string, number>();
  const outbox = new Map<string, { ready: number; stage: number }>();
  for (let progress = true; progress; ) {
    progress = false;
    for (let stage = 0; stage < stages; stage++) {
      const each = programs[stage]![place[stage]!];
      if (each === undefined) continue;
      const global = each.chunk * stages + stage;
      const way = each.direction === "forward" ? 1 : -1;
      const isFirst = each.direction === "forward" ? global === 0 : global === chunks * stages - 1;
      const isLast = each.direction === "forward" ? global === chunks * stages - 1 : global === 0;
      const sent = outbox.get(`${each.direction}/${each.microBatch}/${global}`);
      if (!isFirst && sent === undefined) continue;
      let ready = free[stage]!;
      if (sent !== undefined) {
        const sendFrom = Math.max(sent.ready, streamFree.get(`${each.direction}-send/${sent.stage}`) ?? 0);
        const receiveFrom = Math.max(
          asked[each.direction][stage]!,
          streamFree.get(`${each.direction}-recv/${stage}`) ?? 0,
        );
        const end = Math.max(sendFrom, receiveFrom) + p2pS * slower(`${each.direction}-send`, dp, sent.stage, step);
        add(dp, sent.stage, `${each.direction}-send`, sendFrom, end);
        add(dp, stage, `${each.direction}-recv`, receiveFrom, end);
        streamFree.set(`${each.direction}-send/${sent.stage}`, end);
        streamFree.set(`${each.direction}-recv/${stage}`, end);
        ready = Math.max(ready, end);
      } else if (chunks > 1) {
        // Profilers of interleaved pipelines record a receive for every compute, also where nothing comes.
        const from = Math.max(asked[each.direction][stage]!, streamFree.get(`${each.direction}-recv/${stage}`) ?? 0);
        add(dp, stage, `${each.direction}-recv`, from, from);
      }
      const scale = each.direction === "forward" ? 1 : 2;
      const times = scene.times?.({ dp, stage, step, ...each }) ?? 1;
      const end = ready + forwardS * scale * times * Math.max(0.5, 1 + noise * normal(next));
      add(dp, stage, `${each.direction}-compute`, ready, end, each.chunk, each.microBatch);
      free[stage] = end;
      asked[each.direction][stage] = end;
      if (each.direction === "backward") lastOfChunk.set(`${dp}/${stage}/${each.chunk}`, end);
      if (!isLast) outbox.set(`${each.direction}/${each.microBatch}/${global + way}`, { ready: end, stage });
      else if (chunks > 1)
        add(
          dp,
          stage,
          `${each.direction}-send`,
          Math.max(end, streamFree.get(`${each.direction}-send/${stage}`) ?? 0),
          end,
        );
      place[stage]!++;
      progress = true;
    }
  }
}

function traceOf({ dp, stages }: TraceScene, rows: readonly Row[]): StepTrace {
  const optypes = [...new Set(rows.map(({ optype }) => optype))].sort();
  const steps = [...new Set(rows.map(({ step }) => step))];
  const ints = (get: (row: Row) => number) => Int32Array.from(rows, get);
  const floats = (get: (row: Row) => number) => Float64Array.from(rows, get);
  const rankOf = (row: { dp: number; stage: number }) => row.stage * dp + row.dp;
  const workers = Array.from({ length: dp * stages }, (_, at) => ({ dp: Math.floor(at / stages), stage: at % stages }));
  return {
    length: rows.length,
    worker: ints((row) => row.dp * stages + row.stage),
    dpRank: ints((row) => row.dp),
    stage: ints(({ stage }) => stage),
    rank: ints(rankOf),
    step: ints(({ step }) => step),
    optype: ints(({ optype }) => optypes.indexOf(optype)),
    startS: floats(({ start }) => start),
    durationS: floats(({ start, end }) => Math.max(0, end - start)),
    seq: ints(({ seq }) => seq),
    modelChunk: ints(({ chunk }) => chunk),
    microBatch: ints(({ microBatch }) => microBatch),
    globalModelChunk: ints((row) => (row.microBatch < 0 ? -1 : row.chunk * stages + row.stage)),
    dpSize: dp,
    stages,
    workers: workers.map((each) => ({ dpRank: each.dp, stage: each.stage, rank: rankOf(each) })),
    ranks: workers.map(rankOf).sort((a, b) => a - b),
    steps,
    optypes,
    skippedRows: 0,
    skipped: [],
  };
}
