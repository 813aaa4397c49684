import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Child } from "./child.ts";
import { LogFile } from "./log-file.ts";
import type { StartError } from "./start-error.ts";

let folder: string;
let printed: string[];
let fatal: StartError[];
let child: Child | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-child-"));
  printed = [];
  fatal = [];
});
afterEach(async () => {
  await child?.stop();
  rmSync(folder, { recursive: true });
});

function supervise(mode: string, overrides: { isReady?: () => Promise<boolean>; killAfterMs?: number } = {}): Child {
  child = new Child(
    {
      name: "child",
      script: join(import.meta.dirname, "testdata/child.ts"),
      args: [],
      env: { ...process.env, MODE: mode },
      cwd: folder,
      isReady: overrides.isReady,
      killAfterMs: overrides.killAfterMs ?? 5_000,
    },
    {
      log: new LogFile(join(folder, "child.log")),
      print: (line) => printed.push(line),
      onFatal: (error) => fatal.push(error),
      now: Date.now,
    },
  );
  return child;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process: exactly what is asked.
  }
}

test("comes up with its ready line and stops on SIGTERM", async () => {
  const running = supervise("runs");
  await running.start();
  const pid = running.pid!;
  await running.stop();
  expect(isAlive(pid)).toBe(false);
  expect(printed).toEqual([]);
  expect(readFileSync(join(folder, "child.log"), "utf8")).toContain(`pid ${pid}\nready\n`);
});

test("comes up when its probe answers", async () => {
  let asked = 0;
  await supervise("runs", { isReady: async () => ++asked > 2 }).start();
  expect(asked).toBe(3);
});

test("is started again when it is killed, with a line each", async () => {
  const running = supervise("runs");
  await running.start();
  const first = running.pid!;
  process.kill(first, "SIGKILL");
  await vi.waitFor(() => expect(printed.join("\n")).toContain("is up again"), { timeout: 10_000 });
  expect(printed[0]).toBe("child ended (killed by SIGKILL), starting again in 0.25 s");
  expect(running.pid).not.toBe(first);
});

test("one that never comes up is given up after five starts", async () => {
  await expect(supervise("never-up").start()).rejects.toThrow(
    /child does not come up \(exit code 1, child: no such device\); its log is/,
  );
  expect(printed).toHaveLength(4);
  expect(fatal).toHaveLength(1);
});

test("exit code 78 is not tried again, and its last word is passed on", async () => {
  await expect(supervise("bad-config").start()).rejects.toThrow("child: prometheus.yml:2:1 unknown key");
  expect(fatal[0]?.exitCode).toBe(78);
  expect(printed).toEqual([]);
});

test("one that does not hear SIGTERM is killed after its limit", async () => {
  const running = supervise("deaf", { killAfterMs: 300 });
  await running.start();
  const started = Date.now();
  await running.stop();
  expect(Date.now() - started).toBeGreaterThanOrEqual(290);
});

test("warnings reach the terminal in short", async () => {
  await supervise("warns").start();
  expect(printed).toEqual(["child: target is slow"]);
});

test.each(["runs", "deaf"])("a child (%s) ends when its supervisor is killed", async (mode) => {
  const supervisor = spawn(process.execPath, [join(import.meta.dirname, "testdata/supervisor.ts"), folder, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(supervisor.stdout, "data");
  const pid = Number(String(line).split(" ")[1]);
  expect(isAlive(pid)).toBe(true);
  supervisor.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 8_000 });
});
