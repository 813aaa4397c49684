import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PostedLines } from "./posted-lines.ts";

let folder = "";
let behind = 0;
let at = 0;
const line = (seq: number, more: object = {}) =>
  JSON.stringify({
    job: "j",
    comm_id: "c",
    members: [0, 1],
    rank: 0,
    op: "all_reduce",
    seq,
    bytes: 8,
    exec_us: 5,
    ...more,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-posted-"));
  behind = 0;
  at = 1_795_000_000_000;
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => new PostedLines({ folder: join(folder, "posted"), behindBytes: () => behind, now: () => at });
const written = async () => {
  const names = (await readdir(join(folder, "posted"))).sort();
  return (await Promise.all(names.map((name) => readFile(join(folder, "posted", name), "utf8")))).join("");
};
const body = (...lines: string[]) => Buffer.from(`${lines.join("\n")}\n`);

test("what was acknowledged is in the file, in order, also of posts at once", async () => {
  const posted = open();
  const results = await Promise.all([1, 2, 3].map((seq) => posted.take(body(line(seq), line(seq + 10)))));
  expect(results.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(await written()).toBe(`${[1, 11, 2, 12, 3, 13].map((seq) => line(seq)).join("\n")}\n`);
});

test("a post that comes again within an hour is acknowledged and dropped", async () => {
  const posted = open();
  await posted.take(body(line(1)));
  expect(await posted.take(body(line(1)))).toEqual({ status: 202, accepted: 1, repeated: true });
  await posted.take(body(line(2)), "mine");
  expect(await posted.take(body(line(3)), "mine")).toMatchObject({ repeated: true });
  at += 3_600_001;
  expect(await posted.take(body(line(1)))).toMatchObject({ repeated: false });
  expect((await written()).trim().split("\n")).toHaveLength(3);
});

test("one bad line refuses the post, and says where and why", async () => {
  const posted = open();
  const result = await posted.take(body(line(1), line(2, { rank: "x" })));
  expect(result).toMatchObject({ status: 400, line: 2, message: expect.stringContaining("rank") });
  expect(await posted.take(Buffer.from("no json\n"))).toMatchObject({ status: 400, line: 1 });
  expect(await readdir(folder)).toEqual([]);
});

test("while too much waits posts are refused, and taken afterwards", async () => {
  const posted = open();
  behind = 2 ** 30;
  expect(await posted.take(body(line(1)))).toMatchObject({ status: 503 });
  behind = 0;
  expect(await posted.take(body(line(1)))).toMatchObject({ status: 202, repeated: false });
});

test("files that were read make room, those that were not stay", async () => {
  const posted = open();
  const long = line(1, { node: "n".repeat(200) });
  const many = Array.from({ length: 30_000 }, () => long);
  for (let post = 0; post < 16; post++) expect((await posted.take(body(...many), `a${post}`)).status).toBe(202);
  const kept = (await readdir(join(folder, "posted"))).length;
  expect(kept).toBeLessThanOrEqual(4);
  behind = 200 * 2 ** 20;
  for (let post = 0; post < 8; post++) expect((await posted.take(body(...many), `b${post}`)).status).toBe(202);
  expect((await readdir(join(folder, "posted"))).length).toBeGreaterThan(kept);
});

test("a new start goes on behind the last file", async () => {
  await open().take(body(line(1)));
  await open().take(body(line(2)));
  expect(await written()).toBe(`${line(1)}\n${line(2)}\n`);
});
