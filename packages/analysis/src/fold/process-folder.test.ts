import type { Operation } from "@lockstep/schemas/domain/operation";
import { describe, expect, test } from "vitest";
import type { FolderSnapshot } from "./folder-snapshot.ts";
import { maxPending, ProcessFolder } from "./process-folder.ts";
import type { StepRow } from "./step-row.ts";
import { type FoldedJob, foldJob } from "./testdata/folded-job.ts";
import { type DatedOperation, dumped, ringDropped, type TrainingJob, trainingJob } from "./testdata/training-job.ts";

const base: TrainingJob = { tp: 2, pp: 4, dp: 4, steps: 40, skewUs: (rank) => (rank % 7) * 150_000 };
const evaluations = { evaluateAfter: [12, 25], checkpointAfter: [30] };

type Case = {
  readonly name: string;
  readonly job: Partial<TrainingJob>;
  readonly everyUs?: number;
  readonly odd?: number;
};

/** `odd`: steps at most, of 40. */
const cases: readonly Case[] = [
  { name: "in the order of completion", job: {} },
  { name: "communicator after communicator, every second", job: {}, everyUs: 1e6 },
  { name: "with a gradient norm of all ranks", job: { gradNorm: true } },
  { name: "with embedding groups in the first and last stage", job: { embedding: true } },
  {
    name: "evaluations in which the last stage's data-parallel group counts on",
    job: { lossReduce: true, ...evaluations },
    odd: 3,
  },
  { name: "the same in dumps", job: { lossReduce: true, ...evaluations }, everyUs: 5e5, odd: 3 },
  { name: "warm-up that differs by stage", job: { warmUp: (stage) => stage }, odd: 1 },
  {
    name: "small operations that count and are not recorded",
    job: { smallUnheard: true, lossReduce: true, gradNorm: true, ...evaluations },
    odd: 3,
  },
  { name: "not dated", job: { dated: false } },
  { name: "not dated, with evaluations", job: { dated: false, lossReduce: true, ...evaluations }, odd: 3 },
  { name: "five buckets of gradients, nothing else", job: { tp: 1, pp: 1, dp: 8, buckets: 5 } },
  { name: "one all-reduce a step", job: { tp: 1, pp: 1, dp: 8 } },
  { name: "thousands of operations a step", job: { pp: 1, microBatches: 24, layers: 32, steps: 24 } },
];

function misnumbered({ rows, truth }: FoldedJob): string[] {
  const wrong = rows.filter((row) => !row.odd && row.step !== truth(row));
  return wrong.map((row) => `${row.process} ${row.communicator} ${row.collective}: ${row.step}, truly ${truth(row)}`);
}

describe("the step is the same on all ranks, without a word between them", () => {
  test.each(cases)("$name", ({ job, everyUs, odd = 0 }) => {
    const ranks = trainingJob({ ...base, ...job });
    const folded = foldJob(everyUs === undefined ? ranks : ranks.map((operations) => dumped(operations, everyUs)));
    expect(misnumbered(folded)).toEqual([]);
    const oddSteps = new Set(folded.rows.filter((row) => row.odd).map(({ process, step }) => `${process} ${step}`));
    expect(oddSteps.size).toBeLessThanOrEqual(odd * ranks.length);
    const regular = new Set(folded.rows.filter((row) => !row.odd).map(({ process, step }) => `${process} ${step}`));
    const steps = job.steps ?? base.steps;
    expect(regular.size).toBeGreaterThanOrEqual((steps - odd - 1) * ranks.length);
  });

  test("ranks that are heard late, some not at all", () => {
    const ranks = trainingJob({ ...base, lossReduce: true, evaluateAfter: [5] })
      .filter((_, rank) => rank % 20 !== 7)
      .map((operations, rank) => (rank % 5 === 2 ? operations.slice(200 + rank * 17) : operations));
    const folded = foldJob(ranks);
    const { rows } = folded;
    expect(misnumbered(folded)).toEqual([]);
    expect(rows.filter((row) => !row.odd).length).toBeGreaterThan(4000);
  });

  test("what the ring dropped makes its steps odd and shifts nothing", () => {
    const job = { ...base, microBatches: 8, layers: 8, pp: 2 };
    const ranks = trainingJob(job).map((operations, rank) =>
      rank % 3 === 0 ? ringDropped(operations, 1e6, 300) : operations,
    );
    const folded = foldJob(ranks);
    const { rows } = folded;
    expect(misnumbered(folded)).toEqual([]);
    for (const rank of [0, 1]) {
      const process = `node-0/${1000 + rank}`;
      const own = rows.filter(
        (row) => row.process === process && row.collective === "AllReduce" && row.communicator.startsWith("tp"),
      );
      expect(own.some((row) => row.odd)).toBe(rank === 0);
      for (const row of own) if (!row.odd) expect(row.count).toBe(8 * 8 * 3);
    }
  });
});

function operation(
  communicator: string,
  collective: string,
  seq: number,
  startUs: number | undefined,
  execUs: number,
): Operation {
  const identity = { job: "job", communicator, kind: "?" as const, process: "n/1", node: "n", rank: 0, size: 8 };
  const unknown = { jobRank: undefined, members: undefined, peer: undefined };
  return { ...identity, ...unknown, collective, seq, bytes: 1 << 20, execUs, startUs, timing: "kernel_gpu" };
}

function foldAll(operations: readonly Operation[]): { rows: StepRow[]; folder: ProcessFolder } {
  const rows: StepRow[] = [];
  const folder = new ProcessFolder({ job: "job", process: "n/1", onRow: (row) => rows.push(row) });
  for (const one of operations) folder.push(one);
  folder.flush();
  return { rows, folder };
}

/** Fully sharded: layers are gathered forward, gathered and reduced backward; all of one size, in one communicator. */
function sharded(steps: number, layers: number, from = 1.7e15): Operation[] {
  const operations: Operation[] = [];
  let now = from;
  const push = (collective: string, seq: number, workUs: number) => {
    now += workUs;
    operations.push(operation("world", collective, seq, now, 100));
    now += 100;
  };
  for (let step = 0; step < steps; step++) {
    for (let layer = 0; layer < layers; layer++) push("AllGather", step * 2 * layers + layer, 50);
    for (let layer = 0; layer < layers; layer++) {
      push("AllGather", (step * 2 + 1) * layers + layer, 50);
      push("ReduceScatter", step * layers + layer, 50);
    }
  }
  return operations;
}

describe("a process", () => {
  test.each([8, 33, 96])("that shards all: %i layers make a step", (layers) => {
    const { rows } = foldAll(sharded(12, layers));
    expect(rows.filter((row) => row.odd)).toEqual([]);
    expect(rows.length).toBe(24);
    for (const row of rows) {
      expect(row.count).toBe(row.collective === "AllGather" ? 2 * layers : layers);
      expect(row.seq).toBe(row.step * row.count);
      expect(row.perSlot).toBe(Math.ceil(row.count / 64));
      expect(row.exec_us.reduce((sum, us) => sum + us, 0)).toBe(row.count * 100);
      if (row.step > 0) expect(row.self_us).toBeCloseTo(row.count * 50, 0);
      if (row.step > 0) expect(row.step_us).toBeCloseTo(layers * 450, 0);
    }
  });

  test("that begins again counts as another run", () => {
    const { rows } = foldAll([...sharded(12, 8), ...sharded(12, 8, 1.8e15)]);
    expect([0, 1].map((run) => rows.filter((row) => row.run === run).length)).toEqual([24, 24]);
    expect(rows.filter((row) => row.run === 1).map(({ step }) => step)).toEqual(
      rows.filter((row) => row.run === 0).map(({ step }) => step),
    );
  });

  test("whose operations are heard twice counts them once", () => {
    const operations = sharded(30, 8);
    const again = operations.flatMap((_, i) => (i % 48 === 47 ? operations.slice(i - 47, i + 1) : []));
    const { rows, folder } = foldAll([...operations, ...again]);
    expect(rows.length).toBe(60);
    expect(folder.status.late).toBe(again.length);
  });

  test("without a period says so, and stays small", () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const seqs = [0, 0, 0, 0];
    const operations = Array.from({ length: 150_000 }, (_, i) => {
      const which = Math.floor(random() ** 2 * 4);
      return operation(`c${which}`, "AllReduce", seqs[which]!++, 1.7e15 + i * 100, 50);
    });
    const { rows, folder } = foldAll(operations);
    expect(folder.status.notEnoughData).toMatch(/no period found/);
    expect(folder.status.pending).toBeLessThanOrEqual(maxPending);
    expect(rows).toEqual([]);
  });

  test("of few operations waits for more", () => {
    const { folder } = foldAll(sharded(1, 1));
    expect(folder.status.notEnoughData).toMatch(/3 operations heard/);
  });
});

describe("a snapshot", () => {
  const operations = trainingJob({ ...base, lossReduce: true, ...evaluations })[29]!;
  const whole = foldThrough(operations, []);

  test.each([1, 63, 64, 500, 777, 1200])("after %i operations changes nothing", (at) => {
    expect(foldThrough(operations, [at])).toEqual(whole);
  });

  test("after every hundred operations changes nothing", () => {
    expect(
      foldThrough(
        operations,
        Array.from({ length: 12 }, (_, i) => i * 100),
      ),
    ).toEqual(whole);
  });

  test("of another version is refused", () => {
    const { version, ...rest } = new ProcessFolder({ job: "job", process: "p", onRow: () => {} }).snapshot();
    for (const other of [0, version + 1, undefined]) {
      const snapshot = { ...rest, version: other } as unknown as FolderSnapshot;
      expect(() => ProcessFolder.restore(snapshot, () => {})).toThrow(/version .* found, 1 expected/);
    }
  });

  function foldThrough(all: readonly DatedOperation[], stops: readonly number[]): StepRow[] {
    const rows: StepRow[] = [];
    const onRow = (row: StepRow) => rows.push(row);
    let folder = new ProcessFolder({ job: "job", process: "p", onRow });
    for (const [i, one] of all.entries()) {
      if (stops.includes(i)) folder = ProcessFolder.restore(throughJson(folder.snapshot()), onRow);
      folder.push(one.operation);
    }
    folder.flush();
    return rows;
  }

  function throughJson(snapshot: FolderSnapshot): FolderSnapshot {
    return JSON.parse(JSON.stringify(snapshot)) as FolderSnapshot;
  }
});
