import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { collectiveRows } from "./collective-rows.ts";
import { findings } from "./findings.ts";
import { jobSteps } from "./job-steps.ts";
import { jobsNow } from "./jobs-now.ts";
import type { Query } from "./query.ts";

const AT = 1_800_000_000_000;
const RANGE = { fromMs: AT - 3_600_000, toMs: AT };

const QUERIES: Readonly<Record<string, Query<unknown>>> = {
  "collective-rows": collectiveRows({ job: "pretrain", firstStep: 100, lastStep: 119, sinceMs: AT - 600_000 }),
  findings: findings({ ...RANGE, limit: 100 }),
  "findings-of-job": findings({ ...RANGE, job: "pretrain", limit: 100 }),
  "job-steps": jobSteps({ ...RANGE, job: "pretrain", limit: 1000 }),
  "jobs-now": jobsNow(RANGE),
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
