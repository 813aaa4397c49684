import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_LINE } from "./line-cutter.ts";
import { newCounts, type Source } from "./line-reader.ts";
import { TailFiles } from "./tail-files.ts";
import { TailState } from "./tail-state.ts";

const POLL_MS = 10;

let folder: string;
let stops: (() => Promise<void>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tail-"));
  stops = [];
});

afterEach(async () => {
  for (const stop of stops) await stop();
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const append = (name: string, text: string) => {
  mkdirSync(dirname(path(name)), { recursive: true });
  appendFileSync(path(name), text);
};

/** Follows `files` (beneath the folder) and gathers the lines, without their feeds, that a delivery took. */
function follow(
  files: string,
  options: { maxFiles?: number; maxOpen?: number; noteMs?: number; fail?: () => boolean } = {},
) {
  const delivered: string[] = [];
  const events: string[] = [];
  const log: string[] = [];
  let made: string[] = [];
  const source: Source = {
    name: "lines",
    files: path(files),
    accepts: (name) => /\.(log|jsonl)(\.gz)?$/.test(name),
    counts: newCounts(),
    follows: "lines",
    devices: false,
    open: (opened, snapshot) => {
      let seen = Number(snapshot ?? 0);
      events.push(`open ${opened.slice(folder.length + 1)} after ${seen}`);
      return {
        push: (bytes) => {
          if (bytes.includes("break")) throw new TypeError("broken");
          const lines = bytes.toString().split("\n").slice(0, -1);
          seen += lines.length;
          for (const line of lines) made.push(line);
        },
        restart: (next) => events.push(`restart ${next.slice(folder.length + 1)} after ${seen}`),
        end: (rest) => {
          if (rest !== undefined) made.push(`${rest}|`);
          events.push(`end after ${seen}`);
        },
        idle: () => {},
        close: () => {},
        snapshot: () => String(seen),
      };
    },
  };
  const state = new TailState(path("state"));
  const say = (message: unknown) => log.push(String(message));
  const tail = new TailFiles({
    sources: [source],
    state,
    deliver: async () => {
      if (options.fail?.()) throw new Error("away");
      for (const line of made) delivered.push(line);
      made = [];
    },
    log: { info: say, warn: say, error: (_: unknown, message?: string) => log.push(String(message)) } as never,
    pollMs: POLL_MS,
    noteMs: options.noteMs ?? 0,
    maxFiles: options.maxFiles ?? 10_000,
    maxOpen: options.maxOpen ?? 256,
  });
  tail.start((error) => events.push(`fatal ${error}`));
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await tail.stop();
    await state.close();
  };
  stops.push(stop);
  return { tail, delivered, events, log, counts: source.counts, stop };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 8000, interval: 5 });
const settled = () => new Promise((resolve) => setTimeout(resolve, 20 * POLL_MS));

describe("appending", () => {
  test("lines come when they are whole", async () => {
    append("a.log", "1\n2\n3");
    const { delivered } = follow("*.log");
    await until(() => expect(delivered).toEqual(["1", "2"]));
    append("a.log", "3\n");
    await until(() => expect(delivered).toEqual(["1", "2", "33"]));
  });

  test("a folder that comes late, by a glob on the way", async () => {
    const { delivered, counts } = follow("nccl-*/");
    await settled();
    expect(counts.problem).toContain("no such file yet");
    append("nccl-7/node-pid1.log", "1\n");
    append("nccl-7/notes.txt", "x\n");
    append("other/node-pid1.log", "x\n");
    await until(() => expect(delivered).toEqual(["1"]));
    append("nccl-8/node-pid2.jsonl", "2\n");
    await until(() => expect(delivered).toEqual(["1", "2"]));
    expect(counts).toMatchObject({ files: 2, problem: undefined });
  });

  test("a line at the bound is read, a longer one skipped and told once", async () => {
    const { delivered, counts, log } = follow("a.log");
    append("a.log", `1\n${"x".repeat(MAX_LINE - 1)}\n2\n${"y".repeat(MAX_LINE + 300_000)}`);
    await until(() => expect(delivered.map((line) => line.length)).toEqual([1, MAX_LINE - 1, 1]));
    append("a.log", `${"y".repeat(700_000)}\n3\n${"z".repeat(2 * MAX_LINE)}\n4\n`);
    await until(() => expect(delivered.slice(3)).toEqual(["", "3", "", "4"]));
    expect(counts.badLines).toBe(2);
    expect(log.filter((line) => line.includes("more than"))).toHaveLength(1);
  });

  test("a file far behind does not hold up another", async () => {
    append("a.log", "x\n".repeat(4_000_000));
    append("b.log", "b\n");
    const { delivered } = follow("*.log");
    await until(() => expect(delivered).toContain("b"));
    expect(delivered.length).toBeLessThan(4_000_001);
  });

  test("what is no text does not stop it", async () => {
    const rubbish = Buffer.from(Array.from({ length: 500_000 }, (_, i) => (i * i * 7 + (i >> 3)) & 0xff));
    writeFileSync(path("a.log"), rubbish);
    const { delivered, counts } = follow("a.log");
    await until(() => expect(counts.bytes).toBe(rubbish.length));
    append("a.log", "\nend\n");
    await until(() => expect(delivered.at(-1)).toBe("end"));
  });

  test("one file under two names is read once", async () => {
    append("a.log", "1\n");
    symlinkSync(path("a.log"), path("b.log"));
    const { delivered, counts } = follow("*.log");
    await settled();
    append("b.log", "2\n");
    await until(() => expect(delivered).toEqual(["1", "2"]));
    expect(counts.files).toBe(1);
  });
});

describe("rotation", () => {
  test("by rename: the rest of the old file, then the new one, and the reader goes on", async () => {
    append("a.log", "1\n");
    const { delivered, events } = follow("*.log");
    await until(() => expect(delivered).toEqual(["1"]));
    append("a.log", "2\n3");
    renameSync(path("a.log"), path("a.log.1"));
    append("a.log", "5\n");
    append("a.log.1", "3\n4");
    await until(() => expect(delivered).toEqual(["1", "2", "33", "4", "5"]));
    expect(events).toEqual(["open a.log after 0", "restart a.log after 4"]);
  });

  test("by rename, the new file coming later: the reader goes on", async () => {
    append("a.log", "1\n");
    const { delivered, events, counts } = follow("*.log");
    await until(() => expect(delivered).toEqual(["1"]));
    renameSync(path("a.log"), path("a.log.1"));
    append("a.log.1", "2\n");
    await new Promise((resolve) => setTimeout(resolve, 2 * POLL_MS));
    append("a.log", "3\n");
    await until(() => expect(delivered).toEqual(["1", "2", "3"]));
    expect(events).toEqual(["open a.log after 0", "restart a.log after 2"]);
    expect(counts.rotations).toBe(1);
  });

  test("the new file coming long after: its reader knows what the one before knew", async () => {
    append("a.log", "1\n");
    const { delivered, events } = follow("*.log");
    await until(() => expect(delivered).toEqual(["1"]));
    renameSync(path("a.log"), path("a.log.1"));
    await until(() => expect(events.at(-1)).toBe("end after 1"));
    append("a.log", "2\n");
    await until(() => expect(delivered).toEqual(["1", "2"]));
    expect(events.slice(2)).toEqual(["open a.log after 1", "restart a.log after 1"]);
  });

  test("to a name that is followed too: nothing twice", async () => {
    append("a.log", "1\n");
    const { delivered, counts } = follow("*.log*");
    await until(() => expect(delivered).toEqual(["1"]));
    renameSync(path("a.log"), path("a.log.1"));
    append("a.log", "3\n");
    append("a.log.1", "2\n");
    await until(() => expect(delivered).toEqual(["1", "2", "3"]));
    await settled();
    expect(delivered).toHaveLength(3);
    expect(counts).toMatchObject({ files: 2, rotations: 1 });
  });

  test("a rename alone: the file goes on under its new name", async () => {
    append("a.log", "1\n");
    const { delivered, events } = follow("*.log");
    await until(() => expect(delivered).toEqual(["1"]));
    renameSync(path("a.log"), path("b.log"));
    await settled();
    append("b.log", "2\n");
    await until(() => expect(delivered).toEqual(["1", "2"]));
    expect(events).toEqual(["open a.log after 0"]);
  });

  test("twice in a row", async () => {
    append("a.log", "1\n");
    const { delivered } = follow("a.log");
    await until(() => expect(delivered).toEqual(["1"]));
    renameSync(path("a.log"), path("a.log.2"));
    append("a.log.2", "2\n");
    append("a.log", "3\n");
    await settled();
    renameSync(path("a.log"), path("a.log.1"));
    append("a.log.1", "4\n");
    append("a.log", "5\n");
    await until(() => expect(delivered).toEqual(["1", "2", "3", "4", "5"]));
  });

  test("by copy and truncation: from the start, told once", async () => {
    append("a.log", "1\n2\n");
    const { delivered, log, counts, events } = follow("a.log");
    await until(() => expect(delivered).toEqual(["1", "2"]));
    copyFileSync(path("a.log"), path("a.log.1"));
    truncateSync(path("a.log"), 0);
    append("a.log", "3\n");
    await until(() => expect(delivered).toEqual(["1", "2", "3"]));
    truncateSync(path("a.log"), 0);
    append("a.log", "a longer line than all there was before\n");
    await until(() => expect(delivered).toHaveLength(4));
    expect(log.filter((line) => line.includes("truncated"))).toHaveLength(1);
    expect(counts.truncations).toBe(2);
    expect(events).toEqual(["open a.log after 0", "restart a.log after 2", "restart a.log after 3"]);
  });

  test("deleted: what it held is read, its cut last line too, and it is closed", async () => {
    append("a.log", "1\n");
    const { delivered, events, counts, tail } = follow("a.log");
    await until(() => expect(delivered).toEqual(["1"]));
    append("a.log", "2\n3");
    unlinkSync(path("a.log"));
    await until(() => expect(events.at(-1)).toBe("end after 2"));
    await until(() => expect(delivered).toEqual(["1", "2", "3|"]));
    await until(() => expect(counts.files).toBe(0));
    expect(tail.openFiles).toBe(0);
    append("a.log", "4\n");
    await until(() => expect(delivered.at(-1)).toBe("4"));
  });
});

describe("gzip", () => {
  test("is read once, and one that is cut when it is whole", async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `line ${(i * 2654435761) % 1e9}`);
    const packed = gzipSync(`${lines.join("\n")}\nlast`);
    writeFileSync(path("a.log.gz"), packed.subarray(0, packed.length - 1000));
    const { delivered, log, counts } = follow("*.log.gz");
    await until(() => expect(log.join()).toContain("its end is missing"));
    writeFileSync(path("a.log.gz"), packed);
    await until(() => expect(delivered.length).toBe(lines.length + 1));
    expect(delivered).toEqual([...lines, "last|"]);
    await settled();
    expect(delivered).toHaveLength(lines.length + 1);
    expect(counts.behindBytes).toBe(0);
  });

  test("one that is broken hurts no other", async () => {
    writeFileSync(path("a.log.gz"), "no gzip at all");
    writeFileSync(path("b.log.gz"), gzipSync("1\n"));
    const { delivered, log } = follow("*.log.gz");
    await until(() => expect(delivered).toEqual(["1"]));
    await until(() => expect(log.join()).toContain("cannot be unpacked"));
  });
});

describe("restarts", () => {
  test("go on behind the last whole line, with the reader's snapshot", async () => {
    append("a.log", "1\n2\n3");
    writeFileSync(path("b.log.gz"), gzipSync("z\n"));
    const first = follow("*.log*");
    await until(() => expect([...first.delivered].sort()).toEqual(["1", "2", "z"]));
    await until(() => expect(first.events).toContain("end after 1"));
    await first.stop();
    append("a.log", "3\n4\n");
    const second = follow("*.log*");
    await until(() => expect(second.delivered).toEqual(["33", "4"]));
    await settled();
    expect(second.delivered).toHaveLength(2);
    expect(second.events).toEqual(["open a.log after 2"]);
  });

  test("a rotation meanwhile: the rest of the old file first", async () => {
    append("a.log", "1\n");
    const first = follow("a.log");
    await until(() => expect(first.delivered).toEqual(["1"]));
    await first.stop();
    append("a.log", "2\n");
    renameSync(path("a.log"), path("a.log.1"));
    append("a.log", "3\n");
    const second = follow("a.log");
    await until(() => expect(second.delivered).toEqual(["2", "3"]));
    expect(second.events).toEqual(["open a.log after 1", "restart a.log after 2"]);
  });

  test("another content meanwhile, longer than the old: from the start", async () => {
    append("a.log", "1\n2\n");
    const first = follow("a.log");
    await until(() => expect(first.delivered).toEqual(["1", "2"]));
    await first.stop();
    writeFileSync(path("a.log"), "a\nb\nc\nd\n");
    const second = follow("a.log");
    await until(() => expect(second.delivered).toEqual(["a", "b", "c", "d"]));
  });

  test("what was not taken is read again", async () => {
    append("a.log", "1\n");
    const first = follow("a.log", { fail: () => true });
    await until(() => expect(first.log.join()).toContain("not taken"));
    await first.stop();
    expect(first.delivered).toEqual([]);
    const second = follow("a.log");
    await until(() => expect(second.delivered).toEqual(["1"]));
  });
});

test("what is not taken is offered again", async () => {
  let away = true;
  append("a.log", "1\n");
  const { delivered, log } = follow("a.log", { fail: () => away });
  await until(() => expect(log.join()).toContain("not taken"));
  away = false;
  await until(() => expect(delivered).toEqual(["1"]));
});

test("a file that may not be read is told once and read when it may", async ({ skip }) => {
  skip(process.getuid?.() === 0, "root may read every file");
  append("a.log", "1\n");
  chmodSync(path("a.log"), 0);
  const { delivered, log, counts } = follow("a.log");
  await until(() => expect(counts.unreadable).toBe(1));
  await settled();
  expect(log.filter((line) => line.includes("permission"))).toHaveLength(1);
  chmodSync(path("a.log"), 0o600);
  await until(() => expect(delivered).toEqual(["1"]));
});

test("a pipe with such a name is not waited for", async () => {
  execFileSync("mkfifo", [path("a.log")]);
  append("b.log", "1\n");
  const { delivered } = follow("*.log");
  await until(() => expect(delivered).toEqual(["1"]));
});

test("1,000 files with 20 descriptors", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `n/node-pid${i}.log`);
  for (const name of names) append(name, `${name} 1\n`);
  const { delivered, tail, counts } = follow("n/", { maxOpen: 20 });
  await until(() => expect(delivered).toHaveLength(1000));
  expect(tail.openFiles).toBeLessThanOrEqual(20);
  for (const name of names) append(name, `${name} 2\n`);
  await until(() => expect(delivered).toHaveLength(2000));
  expect(new Set(delivered).size).toBe(2000);
  expect(counts.files).toBe(1000);
});

test("more files than may be followed are told", async () => {
  for (const name of ["a.log", "b.log", "c.log"]) append(name, `${name}\n`);
  const { delivered, log } = follow("*.log", { maxFiles: 2 });
  await until(() => expect(delivered).toEqual(["a.log", "b.log"]));
  expect(log.filter((line) => line.includes("found 3 files, expected at most 2"))).toHaveLength(1);
});

test("a reader that fails on a file stops that file alone, and its position is not noted", async () => {
  append("a.log", "1\n");
  append("b.log", "break\n");
  const first = follow("*.log");
  await until(() => expect(first.log.join()).toContain("b.log: a reader failed on it"));
  append("a.log", "2\n");
  await until(() => expect(first.delivered).toEqual(["1", "2"]));
  await first.stop();
  const second = follow("*.log");
  await until(() => expect(second.log.join()).toContain("b.log: a reader failed on it"));
});
