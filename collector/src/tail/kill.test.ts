import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { idOf } from "./open-files.ts";
import { TailState } from "./tail-state.ts";

const program = join(import.meta.dirname, "test/tail-process.ts");

/** Lines by file and place; one that comes again must be the same. */
function delivered(out: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const text of (existsSync(out) ? readFileSync(out, "utf8") : "").split("\n").slice(0, -1)) {
    const [file, at, line] = text.split(" ") as [string, string, string];
    const key = `${file} ${at}`;
    if (lines.has(key)) expect(lines.get(key), key).toBe(line);
    lines.set(key, line);
  }
  return lines;
}

/** Only what was seen can be found again when it is renamed to a name that is not followed. */
async function isNoted(path: string, stateFolder: string): Promise<boolean> {
  const state = new TailState(stateFolder);
  try {
    return state.get(idOf(statSync(path, { bigint: true }))) !== undefined;
  } finally {
    await state.close();
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** The first few. */
function missing(written: ReadonlyMap<string, string>, lines: ReadonlyMap<string, string>): string[] {
  return [...written.keys()].filter((key) => !lines.has(key)).slice(0, 5);
}

test("killed at any moment, it never skips, and what comes again is the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tail-kill-"));
  const out = join(folder, "out");
  const written = new Map<string, string>();
  const counts = new Map<string, number>();
  const write = (file: string, lines: number) => {
    let text = "";
    for (let i = 0; i < lines; i++) {
      const at = counts.get(file) ?? 0;
      counts.set(file, at + 1);
      written.set(`${file} ${at}`, `${file}:${at}:${"x".repeat(at % 50)}`);
      text += `${file}:${at}:${"x".repeat(at % 50)}\n`;
    }
    // In two pieces, so that a line is often cut when it is looked at.
    const half = text.length >> 1;
    appendFileSync(join(folder, file), text.slice(0, half));
    appendFileSync(join(folder, file), text.slice(half));
  };
  let rotations = 0;
  let child: ChildProcess | undefined;
  try {
    for (let round = 0; round < 16; round++) {
      child = spawn(process.execPath, [program, join(folder, "*.log"), join(folder, "state"), out], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      const before = sizeOf(out);
      write("a.log", 200);
      // Every fourth is killed while it starts, the others within what they read and note.
      if (round % 4 !== 3) await vi.waitFor(() => expect(sizeOf(out)).toBeGreaterThan(before), { timeout: 10_000 });
      for (let burst = 0; burst < 3 + (round % 5); burst++) {
        for (const file of ["a.log", "b.log", "c.log"]) write(file, 200);
        await pause(5 + 9 * (round % 4));
      }
      child.kill("SIGKILL");
      await new Promise((resolve) => child!.once("exit", resolve));
      if (await isNoted(join(folder, "b.log"), join(folder, "state"))) {
        renameSync(join(folder, "b.log"), join(folder, `b.${round}.old`));
        write("b.log", 10);
        rotations += 1;
      }
    }
    child = spawn(process.execPath, [program, join(folder, "*.log"), join(folder, "state"), out], { stdio: "ignore" });
    await vi.waitFor(() => expect(missing(written, delivered(out))).toEqual([]), { timeout: 15_000, interval: 200 });
    expect(delivered(out)).toEqual(written);
    expect(rotations).toBeGreaterThan(2);
  } finally {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
