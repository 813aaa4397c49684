import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { TINY } from "../testdata/tiny-layout.ts";
import { InspectorFolder } from "./inspector-folder.ts";
import { trainingJobs } from "./job.ts";
import { startRun } from "./job-run.ts";

const START = Date.UTC(2026, 10, 18, 9);
const [job] = trainingJobs(describeCluster(TINY));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-inspector-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Paths below the folder of all files but topologies. */
const files = () =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("-pid"))
    .sort();
const line = (i: number) => `${String(i).padStart(9, "0")}\n`;

test("a file that has grown is moved aside, and what is kept stands in the order in which it was written", () => {
  const written = new InspectorFolder(folder, { fileBytes: 100, endedBytes: 1000 });
  const run = startRun(job!, 7, START);
  written.begin(run, "{}");
  for (let i = 0; i < 1000; i++) written.append(1, line(i));
  written.close();
  const name = `20261118T090000Z/nccl-inspector-job/node-01-pid${run.pids[1]}`;
  expect(files()).toEqual([`${name}.0.old`, `${name}.log`]);
  const kept = files()
    .map((path) => readFileSync(join(folder, path), "utf8"))
    .join("");
  const first = Number(kept.slice(0, 9));
  expect(kept).toBe(Array.from({ length: 1000 - first }, (_, i) => line(first + i)).join(""));
  expect(kept.length).toBeLessThanOrEqual(2 * 120);
});

test("files of an earlier start go after a while, or when they are too many; those of this one stay", () => {
  const written = new InspectorFolder(folder, { fileBytes: 1e6, endedBytes: 100 });
  for (let start = 0; start < 6; start++) {
    const run = startRun(job!, 7, START + start * 60_000);
    written.begin(run, "{}");
    for (const rank of [0, 1, 2]) written.append(rank, line(start).repeat(2));
    written.sweep(Date.now());
  }
  expect(files()).toHaveLength(3 + 5);
  for (const path of files()) utimesSync(join(folder, path), 1, 1);
  written.sweep(Date.now() + 61_000);
  expect(files()).toHaveLength(3);
  expect(readdirSync(folder)).toHaveLength(1);
  written.close();
});
