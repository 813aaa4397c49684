import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "campaign-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const main = join(import.meta.dirname, "../main.ts");
const only = ["--half", "tune", "--seeds", "2", "--healthy", "300", "--only", "8 = DP8"];
const command = (...more: string[]) => [main, "straggler", ...only, ...more];

/** The page without how it was run. */
function figures(page: string): string {
  return page.slice(page.indexOf("## "));
}

test("a campaign that was stopped goes on where it was, and gives the page of one in a go", {
  timeout: 120_000,
}, async () => {
  const keep = join(folder, "outcomes");
  const whole = execFileSync(process.execPath, command("--threads", "1"), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const stopped = spawn(process.execPath, command("--keep", keep), { stdio: "ignore" });
  const kept = () => {
    try {
      return readFileSync(keep, "utf8").split("\n").length - 2;
    } catch {
      return 0;
    }
  };
  while (kept() < 20) await pause(20);
  stopped.kill("SIGKILL");
  await new Promise((resolve) => stopped.once("exit", resolve));
  const before = kept();
  const page = execFileSync(process.execPath, command("--keep", keep), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(figures(page)).toBe(figures(whole));
  expect(kept()).toBeGreaterThan(before);
});

test("outcomes of another plan are refused", () => {
  const keep = join(folder, "outcomes");
  const run = (...more: string[]) =>
    execFileSync(process.execPath, [main, "straggler", "--seeds", "0", "--healthy", "0", "--keep", keep, ...more], {
      encoding: "utf8",
      stdio: "pipe",
    });
  run("--half", "tune");
  expect(() => run("--half", "report")).toThrow(/is of another campaign/);
});
