import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRows } from "@lockstep/formats/native";
import { openSpoolDeadLetters } from "@lockstep/log/spool/dead-letters";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deadletter } from "./deadletter.ts";

const AT = Date.UTC(2026, 10, 22);
const block = encodeRows(BLOCK_TABLES.samples, [{ metric: 7, series: 1, ts: AT, m: 25, e: 1 }]);

let folder: string;
let printed: string[];
const surroundings = () => ({ root: "/root", cwd: folder, env: {}, print: (line: string) => void printed.push(line) });
const run = (...argv: string[]) => deadletter(argv, surroundings());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-deadletter-"));
  printed = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

async function layAside(...offsets: number[]): Promise<string[]> {
  const letters = await openSpoolDeadLetters({ path: join(folder, "data/spool") });
  const message = { table: "samples", version: 1, rows: 1, producer: "collector", block } as const;
  for (const offset of offsets) {
    await letters.put({
      topic: "samples",
      partition: 0,
      reason: `refused ${offset}`,
      message: { ...message, offset, sequence: offset },
    });
  }
  const ids = (await letters.list()).map(({ id }) => id);
  await letters.close();
  return ids;
}

test("listed, shown, replayed once", async () => {
  const [first = "", second = ""] = await layAside(4, 9);
  expect(await run("list", "--data", "data")).toBe(0);
  expect(printed.map((line) => line.replace(/ +/g, " "))).toEqual([
    expect.stringMatching(/^ID LAID ASIDE FROM ROWS BYTES PRODUCER REASON$/),
    expect.stringMatching(/samples\/0 @4 1 \d+ collector refused 4$/),
    expect.stringMatching(/samples\/0 @9 1 \d+ collector refused 9$/),
  ]);

  printed = [];
  expect(await run("show", first, "--data", "data")).toBe(0);
  expect(printed.join("\n")).toMatch(/reason +refused 4[\s\S]*The first 1 of 1 rows:[\s\S]* 25 +1$/);

  printed = [];
  expect(await run("replay", first, "--data", "data")).toBe(0);
  expect(await run("replay", first, "--data", "data")).toBe(1);
  expect(printed).toEqual([
    "1 replayed",
    expect.stringMatching(/^no dead letter .* it was replayed/),
    "0 replayed, 1 not there",
  ]);

  printed = [];
  expect(await run("replay", "--all", "--data", "data")).toBe(0);
  expect(await run("replay", "--all", "--data", "data")).toBe(0);
  expect(await run("list", "--data", "data")).toBe(0);
  expect(printed).toEqual(["1 replayed", "0 replayed", "no dead letters"]);
  expect(await run("show", second, "--data", "data")).toBe(1);
});

describe("refused", () => {
  test.each<[string[], RegExp]>([
    [[], /expected `list`, `show ID`/],
    [["show"], /expected `list`, `show ID`/],
    [["show", "1", "2"], /expected `list`, `show ID`/],
    [["replay"], /expected `list`, `show ID`/],
    [["replay", "1", "--all"], /expected `list`, `show ID`/],
    [["list", "--al"], /'--al'/],
    [["list", "--data", "elsewhere"], /no spool in .*elsewhere: name the data folder with --data/],
    [["list", "--kafka-brokers", "kafka"], /found "kafka", expected host:port/],
  ])("%j", async (argv, message) => {
    await expect(run(...argv)).rejects.toThrow(message);
  });
});
