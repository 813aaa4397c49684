import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openSpoolProducer } from "../src/spool/producer.ts";
import { blocksOf } from "./numbered-blocks.ts";

const KILLS_FOR_MS = 6000;

type Process = { child: ChildProcess; lines: string[]; errors: string; ended: Promise<unknown> };

function start(script: string, ...args: string[]): Process {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args]);
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code)));
  const started: Process = { child, lines: [], errors: "", ended };
  let rest = "";
  child.stdout.on("data", (bytes) => {
    const lines = (rest + bytes).split("\n");
    rest = lines.pop()!; // a line that a kill cut short tells nothing
    started.lines.push(...lines);
  });
  child.stderr.on("data", (bytes) => {
    started.errors += bytes;
  });
  return started;
}

async function until(what: () => boolean, process: Process): Promise<void> {
  for (let i = 0; i < 2000 && !what(); i++) await sleep(5);
  expect(what(), process.errors || "in time").toBe(true);
}

test("a producer killed at any moment, a consumer reading along: each acknowledged append arrives once, whole, in order", async () => {
  const path = mkdtempSync(join(tmpdir(), "lockstep-two-processes-"));
  const consumer = start("consume.ts", path);
  let producer: Process | undefined;
  try {
    let next = 0;
    let kills = 0;
    for (const deadline = Date.now() + KILLS_FOR_MS; Date.now() < deadline; kills++) {
      const killed = start("produce.ts", path, String(next));
      producer = killed;
      await until(() => killed.lines.length > 0 || killed.errors !== "", killed);
      await sleep(Math.random() * 100);
      killed.child.kill("SIGKILL");
      expect(await killed.ended).toBe("SIGKILL");
      expect(killed.errors).toBe("");
      // The kill may have hit between an append and its acknowledgement: what is sent again then must not come twice.
      next = Number(killed.lines.at(-1)) + 1;
    }
    const last = next + 20;
    producer = start("produce.ts", path, String(next), String(last));
    expect(await producer.ended, producer.errors).toBe(0);
    const isLast = ({ length }: string[]) => length >= count(last);
    await until(() => isLast(consumer.lines), consumer);
    await sleep(50);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended, consumer.errors).toBe(0);

    const expected = Array.from({ length: last + 1 }, (_, append) =>
      blocksOf(append).map(({ table }, i) => `${table} ${append}/${i} whole ${append}`),
    ).flat();
    for (const table of ["samples ", "series "]) {
      const of = (lines: string[]) => lines.filter((line) => line.startsWith(table));
      expect(of(consumer.lines)).toEqual(of(expected));
    }
    expect(kills).toBeGreaterThan(2);
    const spool = await openSpoolProducer({ path, producer: "p" });
    expect(spool.backlogBytes()).toBe(0);
    await spool.close();
  } finally {
    producer?.child.kill("SIGKILL");
    consumer.child.kill("SIGKILL");
    await Promise.all([producer?.ended, consumer.ended]);
    rmSync(path, { recursive: true });
  }
});

/** Blocks of the appends 0 to `last`. */
function count(last: number): number {
  let blocks = 0;
  for (let append = 0; append <= last; append++) blocks += blocksOf(append).length;
  return blocks;
}
