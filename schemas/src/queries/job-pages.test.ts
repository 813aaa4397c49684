import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jobGpus } from "./job-gpus.ts";
import { jobGroupsSize } from "./job-groups-size.ts";
import { jobHangDumps, jobHangSize } from "./job-hang-dumps.ts";
import { jobHangLast } from "./job-hang-last.ts";
import { jobHeat } from "./job-heat.ts";
import type { Query } from "./query.ts";

const AT = 1_800_000_000_000;
const OF_JOB = { job: "pretrain", fromMs: AT - 3_600_000, toMs: AT };

const QUERIES: Readonly<Record<string, Query<unknown>>> = {
  "job-heat": jobHeat({ ...OF_JOB, firstStep: 100, every: 2, perColumn: 3, columns: 120 }),
  "job-groups-size": jobGroupsSize({ job: "pretrain", firstStep: 100, lastStep: 119, sinceMs: AT - 600_000 }),
  "job-hang-size": jobHangSize(OF_JOB),
  "job-hang-dumps": jobHangDumps(OF_JOB),
  "job-hang-last": jobHangLast(OF_JOB),
  "job-gpus": jobGpus(OF_JOB),
};

/** The SQL and its parameters as a person reads them; UPDATE_GOLDEN=1 writes them anew. */
function rendered(query: Query<unknown>): string {
  const params = Object.entries(query.params).map(([name, value]) => `-- ${name} = ${JSON.stringify(value)}\n`);
  return `-- ${query.name}\n${params.join("")}${query.sql}\n`;
}

test.each(Object.entries(QUERIES))("%s is as its golden file", (name, query) => {
  const file = new URL(`./golden/${name}.sql`, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, rendered(query));
  expect(rendered(query)).toBe(readFileSync(file, "utf8"));
});

test.each(Object.entries(QUERIES))("%s declares every parameter it uses, and uses each", (_, query) => {
  const used = new Set([...query.sql.matchAll(/\{(\w+):[^}]+\}/g)].map((match) => match[1]));
  expect([...used].sort()).toEqual(Object.keys(query.params).sort());
});
