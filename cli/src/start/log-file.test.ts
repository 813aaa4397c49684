import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFile } from "./log-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("keeps the newest lines in three files of bounded size", () => {
  const log = new LogFile(join(folder, "web.log"), 100);
  for (let index = 0; index < 100; index++) log.write(`line ${index}`);
  log.close();
  expect(readdirSync(folder).sort()).toEqual(["web.log", "web.log.1", "web.log.2"]);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
  expect(readFileSync(join(folder, "web.log"), "utf8").trimEnd().split("\n").at(-1)).toBe("line 99");
});

test("goes on in the file of an earlier start", () => {
  for (const line of ["first", "second"]) {
    const log = new LogFile(join(folder, "web.log"));
    log.write(line);
    log.close();
  }
  expect(readFileSync(join(folder, "web.log"), "utf8")).toBe("first\nsecond\n");
});
