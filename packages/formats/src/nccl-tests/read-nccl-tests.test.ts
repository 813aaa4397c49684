import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNcclTests } from "./read-nccl-tests.ts";
import { rowsIn } from "./test-row.ts";

const newer = `# nccl-tests version 2.17.8 nccl-headers=22902 nccl-library=22902
# Collective test starting: alltoall_perf
# nThread 1 nGpus 1 minBytes 1024 maxBytes 2048 step: 2(factor)
#
# Using devices
#  Rank  0 Group  0 Pid 100 on node-a device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
#  Rank  1 Group  0 Pid 200 on node-b device  3 [0000:c3:00] NVIDIA H100 80GB HBM3
#
#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)
        1024           128    double    none      -1    20.50    0.05    0.03       0    21.00    0.05    0.02    N/A
        2048           256    double    none      -1      182    0.11    0.06       0      183    0.11    0.06    N/A
# Out of bounds values : 0 OK
# Avg bus bandwidth    : 0.0425
#
# Collective test concluded: alltoall_perf
`;
const older = `# nThread 1 nGpus 1 minBytes 4 maxBytes 8 step: 2(factor)
#  Rank  0 Group  0 Pid  36291 on x3006c0 device  0 [0x07] NVIDIA A100-SXM4-40GB
           4             1     float     sum      -1    48.77    0.00    0.00      0    44.82    0.00    0.00      0
# Avg bus bandwidth    : 0.5
`;

test("the newer form", () => {
  expect(readNcclTests(newer)).toEqual({
    errors: [],
    tests: [
      {
        collective: "AllToAll",
        ranks: [
          { rank: 0, host: "node-a", pid: 100, device: 0, busId: "0000:1b:00" },
          { rank: 1, host: "node-b", pid: 200, device: 3, busId: "0000:c3:00" },
        ],
        rows: [
          {
            bytes: 1024,
            timeUs: 20.5,
            algbwGBs: 0.05,
            busbwGBs: 0.03,
            wrong: 0,
            inPlace: { timeUs: 21, algbwGBs: 0.05, busbwGBs: 0.02, wrong: undefined },
          },
          {
            bytes: 2048,
            timeUs: 182,
            algbwGBs: 0.11,
            busbwGBs: 0.06,
            wrong: 0,
            inPlace: { timeUs: 183, algbwGBs: 0.11, busbwGBs: 0.06, wrong: undefined },
          },
        ],
        avgBusbwGBs: 0.0425,
      },
    ],
  });
});

describe("the older form", () => {
  test("does not name its collective, the file may", () => {
    expect(readNcclTests(older).tests[0]).toMatchObject({ collective: undefined, avgBusbwGBs: 0.5 });
    expect(readNcclTests(older, "/runs/n2_all_reduce_output.dat").tests[0]!.collective).toBe("AllReduce");
    expect(readNcclTests(older, "/all_gather/reduce_scatter.log").tests[0]!.collective).toBe("ReduceScatter");
  });
  test("several tests are told apart by their parameters", () => {
    expect(readNcclTests(older + older).tests.map(({ rows }) => rows.length)).toEqual([1, 1]);
  });
});

test("several tests in a file", () => {
  const { tests, errors } = readNcclTests(newer + newer.replaceAll("alltoall", "sendrecv"));
  expect(tests.map(({ collective }) => collective)).toEqual(["AllToAll", "SendRecv"]);
  expect(errors).toEqual([]);
});

describe("rows", () => {
  const row = { bytes: 64, timeUs: 5, algbwGBs: 1.5, busbwGBs: 2.5, wrong: 0 };
  const inPlace = { timeUs: 6, algbwGBs: 1.25, busbwGBs: 2, wrong: 0 };
  const table: [string, string, object[]][] = [
    ["with root", "64 16 float sum -1 5 1.5 2.5 0 6 1.25 2 0", [{ ...row, inPlace }]],
    ["without reduction and root", "64 16 float 5.0 1.5 2.5 0e+00 6 1.25 2 0e+00", [{ ...row, inPlace }]],
    ["out of place only", "64 16 bfloat16 sum 0 5 1.5 2.5 0", [{ ...row, inPlace: undefined }]],
    ["in place not available", "64 16 int8 sum -1 5 1.5 2.5 0 N/A N/A N/A N/A", [{ ...row, inPlace: undefined }]],
    ["behind a launcher's rank", "[1,0]<stdout>: 64 16 float sum -1 5 1.5 2.5 0 6 1.25 2 0", [{ ...row, inPlace }]],
    ["before another's output", "64 16 float sum -1 5 1.5 2.5 0 6 1.25 2 0 node-b: hello", [{ ...row, inPlace }]],
    [
      "two in a line",
      "64 16 float sum -1 5 1.5 2.5 0 6 1.25 2 0 64 16 float sum -1 5 1.5 2.5 0 6 1.25 2 0",
      [
        { ...row, inPlace },
        { ...row, inPlace },
      ],
    ],
    ["cut", "64 16 float sum -1 5 1.5", []],
    ["words", "there are 8 16 float values in it", []],
  ];
  test.each(table)("%s", (_, line, expected) => expect(rowsIn(line)).toEqual(expected));
});

describe("failed runs", () => {
  const noAverage = older.replace(/# Avg.*\n/, "");
  const table: [string, string, number, object[]][] = [
    [
      "an error line only",
      "start failed on node-a: out of contexts\n",
      0,
      [{ line: 1, text: "start failed on node-a: out of contexts" }],
    ],
    ["nothing", "", 0, [{ line: 1, text: "found nothing, expected the output of an nccl-tests program" }]],
    [
      "something else",
      "\nhello\n",
      0,
      [{ line: 2, text: "found hello, expected the output of an nccl-tests program" }],
    ],
    [
      "an error in a test",
      `${noAverage} node-a: Test NCCL failure common.cu:958 'unhandled system error'\n`,
      1,
      [{ line: 4, text: "node-a: Test NCCL failure common.cu:958 'unhandled system error'" }],
    ],
    ["a test that was cut", noAverage, 1, []],
    [
      "a test without results",
      newer.replace(/^ .*\n/gm, ""),
      0,
      [{ line: 2, text: "the test that begins here (AllToAll) has no results" }],
    ],
    ["wrong results", newer.replace("0 OK", "2 FAILED"), 1, [{ line: 13, text: "# Out of bounds values : 2 FAILED" }]],
  ];
  test.each(table)("%s", (_, text, tests, errors) => {
    const log = readNcclTests(text);
    expect(log.tests.length).toBe(tests);
    expect(log.errors).toEqual(errors);
  });
  test("errors are bounded", () => {
    expect(readNcclTests("error\n".repeat(1000)).errors).toHaveLength(100);
  });
});

test("any text is read, and gives a test or an error", () => {
  const cut = fc
    .tuple(fc.nat(newer.length), fc.nat(newer.length), fc.string())
    .map(([a, b, text]) => newer.slice(0, a) + text + newer.slice(b));
  fc.assert(
    fc.property(fc.oneof(cut, fc.string()), (text) => {
      const { tests, errors } = readNcclTests(text);
      expect(tests.length + errors.length).toBeGreaterThan(0);
      for (const { rows } of tests) for (const { timeUs, busbwGBs } of rows) expect(timeUs + busbwGBs).not.toBeNaN();
    }),
  );
});

const folder = join(import.meta.dirname, "../../../../../shared/samples/nccl_tests");

describe("the recorded logs", () => {
  const logs = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.log$|\.dat\.\d+$/.test(name))
    : [];
  test("tests and failures are all told", ({ skip }) => {
    if (logs.length === 0) return skip(`not on this machine: ${folder}`);
    for (const name of logs) {
      const text = readFileSync(join(folder, name), "utf8");
      const { tests, errors } = readNcclTests(text, name);
      const rows = text.split("\n").filter((line) => /^\s+\d+\s+\d+\s+[a-z]/.test(line)).length;
      const averages = text.split("\n").filter((line) => line.startsWith("# Avg bus")).length;
      expect([name, tests.reduce((sum, each) => sum + each.rows.length, 0)]).toEqual([name, rows]);
      expect([name, tests.filter((each) => each.avgBusbwGBs !== undefined).length]).toEqual([name, averages]);
      if (tests.length === 0) expect(errors.length).toBeGreaterThan(0);
      for (const { collective, ranks } of tests) {
        expect([name, collective]).not.toEqual([name, undefined]);
        expect(ranks.map(({ rank }) => rank)).toEqual(ranks.map((_, index) => index));
      }
    }
  });
  test("the average of the rows is the one told", ({ skip }) => {
    if (logs.length === 0) return skip(`not on this machine: ${folder}`);
    for (const name of logs)
      for (const { rows, avgBusbwGBs } of readNcclTests(readFileSync(join(folder, name), "utf8"), name).tests) {
        const bandwidths = rows.flatMap((row) => [
          row.busbwGBs,
          ...(row.inPlace === undefined ? [] : [row.inPlace.busbwGBs]),
        ]);
        const mean = bandwidths.reduce((sum, each) => sum + each, 0) / bandwidths.length;
        if (avgBusbwGBs !== undefined) expect(Math.abs(mean - avgBusbwGBs)).toBeLessThan(0.02);
      }
  });
});
