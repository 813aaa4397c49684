import { Buffer } from "node:buffer";
import type { Operation } from "@lockstep/schemas/domain/operation";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CollectiveLinesReader, maxCollectiveLine } from "./collective-lines-reader.ts";
import { type LineProblem, problemText } from "./line-problem.ts";
import { parseCollectiveLine } from "./parse-line.ts";

const line = {
  job: "llm-1",
  comm_id: "dp-0",
  kind: "DP",
  members: [2, 6, 10, 14],
  rank: 10,
  op: "reduce_scatter_tensor",
  seq: 41,
  bytes: 4096,
  exec_us: 120.5,
};

function readAll(text: string, options: { job?: string } = {}) {
  const operations: Operation[] = [];
  const problems: LineProblem[] = [];
  const reader = new CollectiveLinesReader({
    ...options,
    onOperation: (operation) => operations.push(operation),
    onProblem: (problem) => problems.push(problem),
  });
  reader.push(Buffer.from(text));
  reader.end();
  return { operations, problems };
}

const json = (change: object) => `${JSON.stringify({ ...line, ...change })}\n`;

test("a line becomes an operation", () => {
  expect(readAll(json({ node: "gpu-3", pid: 77, timing_source: "kernel_gpu" })).operations).toEqual([
    {
      job: "llm-1",
      communicator: "dp-0",
      kind: "DP",
      process: "gpu-3/77",
      node: "gpu-3",
      rank: 2,
      size: 4,
      jobRank: 10,
      members: [2, 6, 10, 14],
      collective: "ReduceScatter",
      seq: 41,
      peer: undefined,
      bytes: 4096,
      execUs: 120.5,
      startUs: undefined,
      timing: "kernel_gpu",
    },
  ]);
});

describe("what is told otherwise", () => {
  const table: [string, object, object][] = [
    ["no node", {}, { process: "rank 10", node: undefined, timing: "unknown" }],
    ["a node without process", { node: "gpu-3" }, { process: "rank 10", node: "gpu-3" }],
    ["no members", { members: undefined, size: 16 }, { rank: 10, size: 16, members: undefined }],
    ["a peer", { op: "send", peer: 14 }, { collective: "Send", peer: 3 }],
    ["small letters", { kind: "world" }, { kind: "WORLD" }],
    ["a kind of its own", { kind: "expert-data" }, { kind: "?" }],
    ["no kind, no bytes", { kind: undefined, bytes: null }, { kind: "?", bytes: undefined }],
    ["a number as communicator", { comm_id: 12 }, { communicator: "12" }],
    ["an end and a duration", { end_ns: 1_000_000 }, { startUs: 879.5, execUs: 120.5 }],
    [
      "strings of digits",
      { exec_us: undefined, start_ns: "1760000000123456789", end_ns: "1760000000123457790" },
      { execUs: 1.001 },
    ],
  ];
  test.each(table)("%s", (_, change, expected) => {
    expect(readAll(json(change)).operations[0]).toMatchObject(expected);
  });
  test("a job that the caller knows", () => {
    expect(readAll(json({ job: undefined }), { job: "mine" }).operations[0]!.job).toBe("mine");
  });
});

test("19-digit nanoseconds keep their last digits", () => {
  const text = (start: string, end: string) =>
    `{"extra":{"start_ns":1},"job":"j","comm_id":"c","members":[0],"rank":0,"op":"all_reduce","seq":0,"start_ns": ${start}, "end_ns":${end}}`;
  const digits = fc.bigInt({ min: 1_500_000_000_000_000_000n, max: 9_000_000_000_000_000_000n });
  fc.assert(
    fc.property(digits, fc.nat(10_000_000), (start, duration) => {
      const read = parseCollectiveLine(text(String(start), String(start + BigInt(duration)))) as Operation;
      expect(read.execUs).toBe(duration / 1000);
      expect(Math.abs(read.startUs! - Number(start / 1000n))).toBeLessThanOrEqual(2);
    }),
  );
});

describe("bad lines are told by line and field", () => {
  const table: [string, object, string][] = [
    ["job", { job: undefined }, "line 2, job: found nothing, expected a name of 1 to 256 characters"],
    ["comm_id", { comm_id: {} }, "line 2, comm_id: found {}, expected a name of 1 to 256 characters"],
    ["rank", { rank: -1 }, "line 2, rank: found -1, expected a whole number from 0"],
    ["no member", { rank: 3 }, "line 2, rank: found 3, expected one of the members [2,6,10,14]"],
    [
      "rank outside",
      { members: undefined, size: 8 },
      "line 2, rank: found 10, expected less than size, which is 8, or members",
    ],
    ["members", { members: [10, "x"] }, 'line 2, members: found "x", expected job ranks, whole numbers from 0'],
    [
      "neither members nor size",
      { members: undefined },
      "line 2, members: found nothing, expected the job ranks of the communicator, or its size",
    ],
    ["size", { size: 5 }, "line 2, size: found 5, expected the number of members, which is 4"],
    ["peer", { peer: 1 }, "line 2, peer: found 1, expected one of the members [2,6,10,14]"],
    ["op", { op: "" }, 'line 2, op: found "", expected a name of 1 to 256 characters'],
    ["seq", { seq: 1.5 }, "line 2, seq: found 1.5, expected a whole number from 0"],
    ["bytes", { bytes: "4k" }, 'line 2, bytes: found "4k", expected a number from 0'],
    ["kind", { kind: 1 }, "line 2, kind: found 1, expected TP, PP, DP, CP, EP, WORLD or ?"],
    ["exec_us", { exec_us: -1 }, "line 2, exec_us: found -1, expected a number from 0"],
    [
      "no times",
      { exec_us: undefined },
      "line 2, start_ns: found nothing, expected nanoseconds, or exec_us in place of it and end_ns",
    ],
    ["no end", { exec_us: undefined, start_ns: 5 }, "line 2, end_ns: found nothing, expected nanoseconds, or exec_us"],
    [
      "end first",
      { exec_us: undefined, start_ns: 5, end_ns: 4 },
      "line 2, end_ns: found 4, expected not less than start_ns, which is 5",
    ],
    [
      "a time",
      { start_ns: "5 s" },
      'line 2, start_ns: found "5 s", expected nanoseconds from 0, a number or a string of digits',
    ],
  ];
  test.each(table)("%s", (_, change, expected) => {
    const { operations, problems } = readAll(json({}) + json(change) + json({}));
    expect(operations).toHaveLength(2);
    expect(problems.map(problemText)).toEqual([expected]);
  });
  test("no JSON, no object, too long", () => {
    const { problems } = readAll(`{"job":\n[1]\n\n${" ".repeat(maxCollectiveLine)} \n${json({}).slice(0, 20)}`);
    expect(problems.map(({ line, field, expected }) => [line, field, expected])).toEqual([
      [1, "line", "one whole JSON object"],
      [2, "line", "a JSON object"],
      [4, "line", "at most 1048576 bytes"],
      [5, "line", "one whole JSON object"],
    ]);
  });
});

test("lines of one communicator share its members", () => {
  const { operations } = readAll(json({}) + json({ seq: 42 }));
  expect(operations[1]!.members).toBe(operations[0]!.members);
});

test("whatever a line holds, it is read or told", () => {
  const keys = [...Object.keys(line), "start_ns", "end_ns", "size", "peer", "node", "pid"];
  const change = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue());
  fc.assert(
    fc.property(fc.oneof(change.map(json), fc.string()), (text) => {
      const { operations, problems } = readAll(text.replaceAll("\n", " "));
      expect(operations.length + problems.length).toBe(text.trim() === "" ? 0 : 1);
      for (const { execUs, rank, size } of operations) expect(execUs >= 0 && rank < size).toBe(true);
    }),
  );
});
