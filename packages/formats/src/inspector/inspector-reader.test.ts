import { Buffer } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LineProblem } from "../collective-lines/line-problem.ts";
import { InspectorReader, maxInspectorLine } from "./inspector-reader.ts";
import type { InspectorContext } from "./parse-record.ts";
import type { InspectorRecord } from "./record.ts";
import { coll, header, kernel, metadata, p2p, verbose } from "./testdata/records.ts";

function readAll(text: string, context?: InspectorContext) {
  const records: InspectorRecord[] = [];
  const problems: LineProblem[] = [];
  const reader = new InspectorReader({
    job: "4711",
    onRecord: (record) => records.push(record),
    onProblem: (problem) => problems.push(problem),
    context,
  });
  reader.push(Buffer.from(text));
  reader.end();
  return { records, problems, reader };
}

const line = (perf: object, change: object = {}) => `${JSON.stringify({ header, metadata, ...perf, ...change })}\n`;
const first = (text: string) => readAll(text).records[0]!;

test("a record becomes an operation", () => {
  expect(first(line({ coll_perf: coll }))).toEqual({
    operation: {
      job: "4711",
      communicator: "0x1c2f",
      kind: "DP",
      process: "gpu-07/4242",
      node: "gpu-07",
      rank: 2,
      size: 8,
      jobRank: undefined,
      members: undefined,
      collective: "AllReduce",
      seq: 17,
      peer: undefined,
      bytes: 1048576,
      execUs: 250,
      startUs: undefined,
      timing: "kernel_gpu",
    },
    communicatorName: "dp 3",
    dumpedAtMs: 1_760_000_000_500,
  });
});

describe("what the operation says", () => {
  const trace = verbose.event_trace_ts;
  const later = { event_trace_ts: { kernel_start_ts: 1_760_000_000_000_300, kernel_stop_ts: 1_760_000_000_000_400 } };
  const table: [string, object, object][] = [
    [
      "when verbose, the earliest kernel dates it",
      { coll_perf: verbose },
      { startUs: 1_760_000_000_000_115, execUs: 250 },
    ],
    [
      "without kernels it is dated by its own start",
      { coll_perf: { ...verbose, event_trace_ts: { ...trace, kernel_events: [] } } },
      { startUs: 1_760_000_000_000_000 },
    ],
    [
      "a stamp of 0 is none",
      {
        coll_perf: {
          ...verbose,
          event_trace_ts: { coll_start_ts: 0, coll_stop_ts: 0, kernel_events: [kernel("ts", 0, 0)] },
        },
      },
      { startUs: undefined },
    ],
    [
      "a stamp of the GPU's nanoseconds is none",
      { coll_perf: { ...verbose, event_trace_ts: { kernel_events: [kernel("ts", 0, 1.76e18)] } } },
      { startUs: undefined },
    ],
    [
      "events in place of kernel_events",
      {
        coll_perf: {
          ...verbose,
          event_trace_ts: { coll_start_ts: 1, coll_stop_ts: 2, events: [kernel("ts", 4, 1_760_000_000_000_200)] },
        },
      },
      { startUs: 1_760_000_000_000_200 },
    ],
    [
      "events of the operation itself",
      {
        coll_perf: {
          ...coll,
          events: [{ event_type: "ProxyOp" }, { event_type: "KernelCh", channel_id: 1, ...later }],
        },
      },
      { startUs: 1_760_000_000_000_300, execUs: 250 },
    ],
    ["a peer", { p2p_perf: p2p }, { collective: "Send", seq: 3, peer: 5, bytes: 65536, execUs: 44 }],
    [
      "floats for integers",
      { coll_perf: { ...coll, coll_sn: 17.0, coll_exec_time_us: 250.5 } },
      { seq: 17, execUs: 250.5 },
    ],
    ["nan bandwidth", { coll_perf: { ...coll, coll_algobw_gbs: "nan", coll_busbw_gbs: "nan" } }, { execUs: 250 }],
    ["nan bytes", { coll_perf: { ...coll, coll_msg_size_bytes: "nan" } }, { bytes: undefined }],
    ["nan duration with kernels", { coll_perf: { ...verbose, coll_exec_time_us: "nan" } }, { execUs: 245 }],
    [
      "unknown keys",
      { coll_perf: { coll_algo: "RING", ...coll, new: { a: [1, null, "x"] } }, more: true },
      { seq: 17 },
    ],
    [
      "the first form without a timing source",
      { coll_perf: { ...coll, coll_timing_source: undefined } },
      { timing: "unknown" },
    ],
    ["a timing source of another build", { coll_perf: { ...coll, coll_timing_source: "tsc" } }, { timing: "unknown" }],
    ["no process", { coll_perf: coll, metadata: undefined }, { process: "rank 2", node: undefined }],
    ["another spelling", { coll_perf: { ...coll, coll: "AlltoAll" } }, { collective: "AllToAll" }],
    ["a collective to come", { coll_perf: { ...coll, coll: "AllReduceBias" } }, { collective: "AllReduceBias" }],
  ];
  test.each(table)("%s", (_, perf, expected) => {
    expect(first(line(perf)).operation).toMatchObject(expected);
  });
  test("a name that nobody gave is none", () => {
    expect(first(line({ coll_perf: coll }, { header: { ...header, comm_name: "unknown" } })).communicatorName).toBe(
      undefined,
    );
  });
});

describe("bad lines are skipped and told", () => {
  const good = line({ coll_perf: coll });
  const table: [string, string, Partial<LineProblem>][] = [
    ["no JSON", "{oops\n", { line: 2, field: "line", found: '"{oops", which is no JSON' }],
    ["no object", "[1]\n", { field: "line", found: "[1]" }],
    ["no header", `${JSON.stringify({ coll_perf: coll })}\n`, { field: "header", found: "nothing" }],
    [
      "no communicator",
      line({ coll_perf: coll }, { header: { ...header, id: 5 } }),
      { field: "header.id", found: "5" },
    ],
    [
      "a rank outside",
      line({ coll_perf: coll }, { header: { ...header, rank: 8 } }),
      { field: "header.rank", found: "8", expected: "a whole number from 0 to 7" },
    ],
    ["no ranks", line({ coll_perf: coll }, { header: { ...header, n_ranks: 0 } }), { field: "header.n_ranks" }],
    [
      "nan sequence",
      line({ coll_perf: { ...coll, coll_sn: "nan" } }),
      { field: "coll_perf.coll_sn", found: "no number" },
    ],
    [
      "no duration",
      line({ coll_perf: { ...coll, coll_exec_time_us: "nan" } }),
      { field: "coll_perf.coll_exec_time_us" },
    ],
    ["no name", line({ p2p_perf: { ...p2p, p2p: 1 } }), { field: "p2p_perf.p2p", found: "1" }],
    ["no performance", line({ coll_perf: 3 }), { field: "coll_perf", found: "3" }],
    ["too long", `${" ".repeat(maxInspectorLine + 1)}\n`, { field: "line", found: `${maxInspectorLine + 1} bytes` }],
  ];
  test.each(table)("%s", (_, bad, expected) => {
    const { records, problems } = readAll(good + bad + good);
    expect(records).toHaveLength(2);
    expect(problems).toMatchObject([{ line: 2, ...expected }]);
  });
  test("blank lines and lines of other kinds are nothing wrong", () => {
    const { records, problems } = readAll(`\n\r\n${line({ proxy_op: {} })}{"summary":{"complete":true}}\n${good}`);
    expect([records.length, problems.length]).toEqual([1, 0]);
  });
});

describe("records without header", () => {
  const marker = line({ dump_stats: { coll_records: 2 } });
  const bare = `${JSON.stringify({ coll_perf: coll })}\n`;
  test("belong to the marker before them", () => {
    const { records, problems } = readAll(marker + bare + bare);
    expect([records.length, problems.length]).toEqual([2, 0]);
    expect(records[1]).toEqual(first(line({ coll_perf: coll })));
  });
  test("a reader that goes on is given it", () => {
    const { reader } = readAll(marker);
    expect(readAll(bare, reader.context).records).toHaveLength(1);
    expect(readAll(bare).records).toHaveLength(0);
  });
});

describe("pieces", () => {
  const text = Array.from({ length: 12 }, (_, seq) => line({ coll_perf: { ...verbose, coll_sn: seq } })).join("");
  test("wherever it is cut, every line is read once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const seqs: number[] = [];
        const reader = new InspectorReader({
          job: "j",
          onRecord: ({ operation }) => seqs.push(operation.seq),
          onProblem: ({ found }) => expect.unreachable(found),
        });
        let from = 0;
        for (const to of [...cuts.sort((a, b) => a - b), text.length]) {
          reader.push(Buffer.from(text.slice(from, to)));
          from = to;
        }
        expect(seqs).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        expect(reader.carried).toBe(0);
      }),
    );
  });
  test("a cut last line is kept for later, and resumed from", () => {
    const seqs: number[] = [];
    const options = {
      job: "j",
      onRecord: ({ operation }: InspectorRecord) => void seqs.push(operation.seq),
      onProblem: () => expect.unreachable(),
    };
    const cut = text.length - 40;
    const one = new InspectorReader(options);
    one.push(Buffer.from(text.slice(0, cut)));
    expect([seqs.length, one.nextLine]).toEqual([11, 12]);
    const two = new InspectorReader({ ...options, firstLine: one.nextLine });
    two.push(Buffer.from(text.slice(cut - one.carried)));
    expect([seqs.length, two.carried, two.nextLine]).toEqual([12, 0, 13]);
  });
  test("a line without end holds no more than the longest line", () => {
    const problems: LineProblem[] = [];
    const reader = new InspectorReader({
      job: "j",
      onRecord: () => expect.unreachable(),
      onProblem: (each) => problems.push(each),
    });
    const piece = Buffer.alloc(100_000, "x");
    for (let i = 0; i < 30; i++) reader.push(piece);
    expect(reader.carried).toBe(3_000_000);
    reader.push(Buffer.from("\n"));
    expect(problems).toMatchObject([{ line: 1, found: "3000000 bytes" }]);
  });
});

const recorded = join(import.meta.dirname, "../../../../../shared/samples/nccl_inspector/readme_examples_v4.0.jsonl");

test("the recorded lines are read", ({ skip }) => {
  if (!existsSync(recorded)) return skip(`not on this machine: ${recorded}`);
  const { records, problems } = readAll(readFileSync(recorded, "utf8"));
  expect(problems).toEqual([]);
  expect(records.map(({ operation: { seq, execUs, startUs } }) => [seq, execUs, startUs])).toEqual([
    [1407, 61974, undefined],
    [1231, 41057, 1752867229235181],
    [129, 110, undefined],
    [8995, 5663, undefined],
  ]);
});
