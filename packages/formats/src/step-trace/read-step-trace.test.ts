import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { readStepTrace, StepTraceError } from "./read-step-trace.ts";
import { stepTraceColumns } from "./step-trace.ts";

const row = {
  dp_rank: 1,
  stage: 0,
  rank: 4,
  step: 23n,
  optype: "forward-compute",
  start_ts: 0.25,
  duration: 0.125,
  seq_id: 2,
  mc: 0,
  mb_id: 2,
  gmc: 0,
};

describe("rows become columns", () => {
  const trace = readStepTrace([
    row,
    { ...row, step: 7, optype: "backward-send", mc: -1, mb_id: null, gmc: Number.NaN, unknown: "column" },
    { ...row, dp_rank: 0, stage: 3, rank: 3 },
  ]);
  test("steps and optypes are indexed in order", () => {
    expect(trace.length).toBe(3);
    expect(trace.steps).toEqual([7, 23]);
    expect([...trace.step]).toEqual([1, 0, 1]);
    expect(trace.optypes).toEqual(["backward-send", "forward-compute"]);
    expect([...trace.optype]).toEqual([1, 0, 1]);
  });
  test("workers stand in the order of their place", () => {
    expect(trace.workers).toEqual([
      { dpRank: 0, stage: 3, rank: 3 },
      { dpRank: 1, stage: 0, rank: 4 },
    ]);
    expect([...trace.worker]).toEqual([1, 1, 0]);
    expect([trace.dpSize, trace.stages, trace.ranks]).toEqual([2, 4, [3, 4]]);
  });
  test("times keep their seconds, none is -1", () => {
    expect([trace.startS[0], trace.durationS[0], trace.seq[0]]).toEqual([0.25, 0.125, 2]);
    expect([trace.modelChunk[1], trace.microBatch[1], trace.globalModelChunk[1]]).toEqual([-1, -1, -1]);
  });
});

describe("a bad row is left out and told", () => {
  const table: [string, unknown, string][] = [
    ["dp_rank", -1, "-1"],
    ["rank", 1.5, "1.5"],
    ["rank", 2_000_000_000, "2000000000"],
    ["step", "23", '"23"'],
    ["optype", "", '""'],
    ["start_ts", null, "null"],
    ["duration", -0.5, "-0.5"],
    ["duration", Number.NaN, "NaN"],
    ["mb_id", -2, "-2"],
    ["seq_id", {}, "a value of type object"],
  ];
  test.each(table)("%s = %s", (column, value, found) => {
    const trace = readStepTrace([row, { ...row, [column]: value }]);
    expect(trace.length).toBe(1);
    expect(trace.skippedRows).toBe(1);
    expect(trace.skipped[0]).toMatchObject({ row: 1, column, found });
  });
});

test("a trace without rows, readable rows or columns is an error", () => {
  const { duration, ...rest } = row;
  expect(() => readStepTrace([])).toThrow(/found 0 rows/);
  expect(() => readStepTrace([{ ...row, rank: "x" }])).toThrow(/none of 1 rows could be read. Row 0, rank: found "x"/);
  expect(() => readStepTrace([rest])).toThrow(/expected also duration/);
  expect(duration).toBe(0.125);
});

test("whatever the cells hold, columns stay of one length or the error is ours", () => {
  const cell = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.anything());
  const rows = fc.array(fc.record(Object.fromEntries(stepTraceColumns.map((column) => [column, cell]))), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(rows, (bad) => {
      const given = [row, ...bad];
      const trace = readStepTrace(given);
      expect(trace.length + trace.skippedRows).toBe(given.length);
      for (const column of [trace.worker, trace.step, trace.optype, trace.startS, trace.microBatch])
        expect(column.length).toBe(trace.length);
    }),
    { numRuns: 200 },
  );
});

const recorded = join(
  import.meta.dirname,
  "../../../../../shared/samples/cluster_traces/bytedance_straggler/trace-ST.parquet",
);

test("the recorded trace is read whole", async ({ skip }) => {
  if (!existsSync(recorded)) return skip(`not on this machine: ${recorded}`);
  const bytes = readFileSync(recorded);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const trace = readStepTrace(await parquetReadObjects({ file }));
  expect([trace.length, trace.skippedRows]).toEqual([6784, 0]);
  expect([trace.dpSize, trace.stages, trace.workers.length, trace.steps.length]).toEqual([2, 4, 8, 32]);
  expect(trace.optypes).toHaveLength(13);
});

test("the error has its own class", () => {
  expect(() => readStepTrace([])).toThrow(StepTraceError);
});
