import { HEARTBEAT_LIMIT_MS } from "@lockstep/schemas/process/heartbeat";
import { expect, test } from "vitest";
import { missingProcesses, missingScrapes, notReady } from "./readiness.ts";

const NOW = 1_800_000_000_000;
const beat = (process: string, agoMs: number) => ({ process, host: "h", updated: NOW - agoMs });

test("each process has a line of its own where it is not up", () => {
  expect(
    missingProcesses([beat("collector", 0), beat("ingest", 5000), beat("watch", HEARTBEAT_LIMIT_MS - 1)], NOW),
  ).toEqual([]);
  expect(missingProcesses([beat("collector", 0), beat("ingest", HEARTBEAT_LIMIT_MS)], NOW)).toEqual([
    "ingest: last heartbeat 17 s ago, expected one within 17 s",
    "watch: no heartbeat since this start",
  ]);
  const twoHosts = [beat("collector", 90_000), beat("collector", 1000), beat("ingest", 0), beat("watch", 0)];
  expect(missingProcesses(twoHosts, NOW)).toEqual([]);
});

test.each([
  [{ targets: 0, longestInterval: 0, newestUp: 0 }, []],
  [{ targets: 1, longestInterval: 15, newestUp: 0 }, ["scrapes: none is queryable yet"]],
  [{ targets: 1, longestInterval: 15, newestUp: NOW - 59_000 }, []],
  [
    { targets: 1, longestInterval: 15, newestUp: NOW - 60_000 },
    ["scrapes: the newest queryable one is 60 s old, expected one within 60 s"],
  ],
  [{ targets: 1, longestInterval: 60, newestUp: NOW - 119_000 }, []],
])("%j", (row, lines) => {
  expect(missingScrapes(row, NOW)).toEqual(lines);
});

test("a store that does not answer is what is missing", async () => {
  const store = { read: () => Promise.reject(new Error("connect ECONNREFUSED\nstack")) };
  expect(await notReady(store, "manual", NOW)).toEqual(["clickhouse: connect ECONNREFUSED"]);
});
