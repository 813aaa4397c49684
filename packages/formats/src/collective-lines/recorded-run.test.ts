import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RecordedRunError, recordedRank, runFromRecords } from "./recorded-run.ts";

const run = { job: "gloo", size: 4 };

test("calls become operations of one communicator", () => {
  const operations = runFromRecords("r2.json", { rank: 2, recs: [[7, 100.5, 100.75]] }, run);
  expect(operations).toMatchObject([
    {
      job: "gloo",
      kind: "WORLD",
      rank: 2,
      size: 4,
      jobRank: 2,
      members: [0, 1, 2, 3],
      seq: 7,
      execUs: 250_000,
      startUs: 100_500_000,
    },
  ]);
});

describe("another form is an error that names the file", () => {
  const table: [unknown, RegExp][] = [
    [null, /^r2.json: found null/],
    [{ rank: 2 }, /^r2.json: found {"rank":2}/],
    [{ rank: -1, recs: [] }, /expected {"rank": 0/],
    [{ rank: 4, recs: [] }, /found rank 4, expected less than 4/],
    [
      {
        rank: 2,
        recs: [
          [0, 1, 2],
          [1, 3, 2],
        ],
      },
      /^r2.json, recs\[1\]: found \[1,3,2\]/,
    ],
    [{ rank: 2, recs: [["0", 1, 2]] }, /recs\[0\]/],
  ];
  test.each(table)("%j", (json, message) => {
    expect(() => runFromRecords("r2.json", json, run)).toThrow(message);
    expect(() => runFromRecords("r2.json", json, run)).toThrow(RecordedRunError);
  });
});

const folder = join(import.meta.dirname, "../../../../../shared/vectors/gloo_runs");

test("the recorded run: the delayed rank waits least", ({ skip }) => {
  if (!existsSync(folder)) return skip(`not on this machine: ${folder}`);
  const files = readdirSync(folder).filter((name) => /^r\d+\.json$/.test(name));
  const ranks = files.map((file) => {
    const json: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return { rank: recordedRank(json)!, operations: runFromRecords(file, json, { job: "gloo", size: files.length }) };
  });
  expect(ranks.map(({ operations }) => operations.length)).toEqual([60, 60, 60, 60]);
  for (let seq = 20; seq < 50; seq++) {
    const byWait = ranks.toSorted((a, b) => a.operations[seq]!.execUs - b.operations[seq]!.execUs);
    expect(byWait[0]!.rank).toBe(2);
  }
});
