import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppendedFile } from "./appended-file.ts";
import { lookOf } from "./followed-file.ts";
import { MAX_LINE } from "./line-cutter.ts";
import { newCounts, type Source } from "./line-reader.ts";
import { idOf, OpenFiles } from "./open-files.ts";
import type { StoredFile } from "./tail-state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tail-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Lines by the position that their reader counts them at. */
type Lines = Map<number, string>;

function reader(lines: Lines, snapshot: string | undefined) {
  let at = Number(snapshot ?? 0);
  return {
    push: (bytes: Buffer) => {
      for (const line of bytes.toString("latin1").split("\n").slice(0, -1)) {
        const before = lines.get(at);
        if (before !== undefined && before !== line) throw new Error(`line ${at} is ${line} and was ${before}`);
        lines.set(at, line);
        at += 1;
      }
    },
    restart: () => {
      throw new Error("nothing was truncated");
    },
    end: () => {},
    idle: () => {},
    close: () => {},
    snapshot: () => String(at),
  };
}

async function tool() {
  const opened = new OpenFiles(4, () => 0);
  return { opened, buffer: Buffer.alloc(2 * MAX_LINE), tell: () => {} };
}

function fileAt(path: string, lines: Lines, stored: StoredFile | undefined): AppendedFile {
  const source = {
    name: "test",
    files: path,
    accepts: () => true,
    counts: newCounts(),
    follows: "lines",
    devices: false,
    open: (_: string, snapshot: string | undefined) => reader(lines, snapshot),
  } satisfies Source;
  const id = idOf(statSync(path, { bigint: true }));
  return new AppendedFile({ id, path, source, order: 1 }, stored, () => stored?.reader);
}

/** Writes the pieces, reads after each as often as told, notes the position or dies as told. */
async function run(pieces: readonly Buffer[], steps: readonly ("read" | "note" | "kill")[]): Promise<Lines> {
  const path = join(folder, "a.log");
  writeFileSync(path, "");
  const lines: Lines = new Map();
  const tools = await tool();
  let stored: StoredFile | undefined;
  let file = fileAt(path, lines, stored);
  const read = async () => {
    file.noticed(lookOf(statSync(path, { bigint: true })));
    while (file.pending) await file.turn(tools);
  };
  let step = 0;
  for (const piece of pieces) {
    appendFileSync(path, piece);
    const what = steps[step++ % steps.length];
    if (what === "read") await read();
    if (what === "note") stored = file.stored();
    if (what === "kill") file = fileAt(path, lines, stored);
  }
  await read();
  await tools.opened.closeAll();
  return lines;
}

test("cut at every byte, and killed at every byte: each line once", async () => {
  const text = 'one\n\ntwo, "é\u{1f600}"\n\r\nthree\n';
  const bytes = Buffer.from(text);
  const expected = bytes.toString("latin1").split("\n").slice(0, -1);
  for (let at = 0; at <= bytes.length; at++) {
    for (const steps of [["read"], ["read", "kill"], ["read", "note", "kill"]] as const) {
      const lines = await run([bytes.subarray(0, at), Buffer.alloc(0), Buffer.alloc(0), bytes.subarray(at)], steps);
      expect([...lines.values()], `cut at ${at}, ${steps}`).toEqual(expected);
    }
  }
});

test("any pieces, any kills: the same lines once each", async () => {
  const line = fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\n", " "));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 40 }),
      fc.array(fc.nat(200), { maxLength: 40 }),
      fc.array(fc.constantFrom("read" as const, "note" as const, "kill" as const), { minLength: 1, maxLength: 20 }),
      async (texts, cuts, steps) => {
        // Numbered, so that a line in the wrong place cannot pass for the right one.
        const bytes = Buffer.from(texts.map((text, i) => `${i} ${text}\n`).join(""));
        const ends = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b);
        const pieces = [...ends, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
        const lines = await run(pieces, steps);
        expect([...lines.keys()].sort((a, b) => a - b)).toEqual(texts.map((_, i) => i));
        expect([...lines.values()].join("\n")).toBe(bytes.toString("latin1").split("\n").slice(0, -1).join("\n"));
      },
    ),
    { numRuns: 150 },
  );
});

test("a kill within a line that is too long goes on skipping it", async () => {
  const long = Buffer.from(`1\n${"x".repeat(MAX_LINE + 500_000)}`);
  const end = Buffer.from(`${"x".repeat(300_000)}\n2\n`);
  const lines = await run([long, Buffer.alloc(0), Buffer.alloc(0), end], ["read", "note", "kill", "read"]);
  expect([...lines.values()]).toEqual(["1", "", "2"]);
});
