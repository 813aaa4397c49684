import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StoredFile, TailState } from "./tail-state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tail-state-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, goneAt?: number): StoredFile => ({
  path,
  offset: 7,
  seam: "",
  ...(goneAt !== undefined && { goneAt }),
});

test("entries are there after a restart", async () => {
  const state = new TailState(folder);
  await state.write(new Map([["1:2", { ...file("/a"), reader: "x".repeat(1e6) }]]));
  await state.close();
  const again = new TailState(folder);
  expect(again.get("1:2")).toMatchObject({ path: "/a", offset: 7, reader: "x".repeat(1e6) });
  expect(again.get("1:3")).toBeUndefined();
  await again.close();
});

test("the files of a path in their order, without those that are gone", async () => {
  const state = new TailState(folder);
  await state.write(
    new Map([
      ["1:1", { ...file("/a"), order: 9 }],
      ["1:2", { ...file("/a"), order: 8 }],
      ["1:3", { ...file("/a", 6), order: 7 }],
      ["1:4", file("/b")],
    ]),
  );
  expect(state.byPath()).toEqual(
    new Map([
      ["/a", ["1:2", "1:1"]],
      ["/b", ["1:4"]],
    ]),
  );
  expect(state.nextOrder()).toBe(10);
  await state.close();
});

test("files gone for long are forgotten, and the longest gone where there are too many", async () => {
  const state = new TailState(folder);
  await state.write(
    new Map(Array.from({ length: 6 }, (_, i) => [`1:${i}`, file(`/${i}`, i > 2 ? 100 * i : undefined)])),
  );
  expect(await state.sweep((id) => id === "1:0", 1000, 650)).toBe(1);
  expect(state.get("1:3")).toBeUndefined();
  expect(state.get("1:0")!.goneAt).toBeUndefined();
  expect(state.get("1:1")!.goneAt).toBe(1000);
  expect(await state.sweep((id) => id === "1:0", 1001, 650, 3)).toBe(2);
  expect(state.get("1:4")).toBeUndefined();
  expect(state.get("1:5")).toBeUndefined();
  expect(await state.sweep((id) => id === "1:0", 1002, 650, 3)).toBe(0);
  await state.close();
});

test("a folder that cannot be one is told with its name", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => new TailState(join(folder, "file"))).toThrow(/file: the state of followed files cannot be opened/);
});
