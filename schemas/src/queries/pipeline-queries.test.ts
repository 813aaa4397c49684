import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pipelineGrid } from "./pipeline-grid.ts";
import { pipelineNow } from "./pipeline-now.ts";
import { pipelineTargets } from "./pipeline-targets.ts";
import type { Query } from "./query.ts";

const AT = 1_800_000_000_000;
const GRID = { fromMs: AT - 3_600_000, toMs: AT, stepMs: 15_000 };
const JOB = "lockstep";

const QUERIES: Readonly<Record<string, Query<unknown>>> = {
  "pipeline-grid-max": pipelineGrid({
    job: JOB,
    metric: "lockstep_ingest_lag_seconds",
    by: "topic",
    kind: "last",
    fold: "max",
    grid: GRID,
  }),
  "pipeline-grid-sum": pipelineGrid({
    job: JOB,
    metric: "lockstep_scrape_to_queryable_seconds_bucket",
    by: "le",
    kind: "rate",
    fold: "sum",
    grid: GRID,
  }),
  "pipeline-now": pipelineNow({ job: JOB, metrics: ["lockstep_spool_bytes"], atMs: AT, windowMs: 300_000 }),
  "pipeline-targets": pipelineTargets(),
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
