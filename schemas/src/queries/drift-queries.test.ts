import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { driftBaselines } from "./drift-baselines.ts";
import { driftDue } from "./drift-due.ts";
import { driftJudged } from "./drift-judged.ts";
import { driftRecent } from "./drift-recent.ts";
import { driftStretch, type Stretch } from "./drift-stretch.ts";
import { driftStretchCells } from "./drift-stretch-cells.ts";
import { driftWindowCells } from "./drift-window-cells.ts";
import { modelVersions } from "./model-versions.ts";
import { observedFirst } from "./observed-first.ts";
import { observedWindows } from "./observed-windows.ts";
import { openFindings } from "./open-findings.ts";
import type { Query } from "./query.ts";

const AT = 1_800_000_000_000;
const HOUR = 3_600_000;
const GRID = { grids: [{ model: "chat-7b", windowMs: 30_000 }], usualMs: 300_000 };
const STRETCHES: readonly Stretch[] = [
  { model: "chat-7b", fromMs: AT - 672 * HOUR, toMs: AT, version: "", hour: 17, offsetMs: 120_000 },
  { model: "ranker", fromMs: AT - 90 * HOUR, toMs: AT - HOUR, version: "3", hour: -1, offsetMs: 0 },
];

const QUERIES: Readonly<Record<string, Omit<Query<unknown>, "row">>> = {
  "drift-due": driftDue({ ...GRID, fromMs: AT - HOUR, toMs: AT, limit: 1000 }),
  "drift-due-seen": driftDue({
    ...GRID,
    grids: [],
    fromMs: 0,
    toMs: AT,
    seenMs: AT - HOUR,
    model: "a",
    newest: true,
    limit: 10,
  }),
  "drift-window-cells": driftWindowCells({
    ...GRID,
    of: [
      { model: "chat-7b", sinceMs: AT - 30_000, untilMs: AT },
      { model: "ranker", sinceMs: AT - 300_000, untilMs: AT },
    ],
  }),
  "drift-stretch": driftStretch({ ...GRID, of: STRETCHES }),
  "drift-stretch-cells": driftStretchCells({ ...GRID, of: STRETCHES, every: [1, 7], apart: true }),
  "drift-stretch-cells-all": driftStretchCells({ ...GRID, of: STRETCHES, every: [1, 1], apart: false }),
  "drift-recent": driftRecent({ of: [{ model: "ranker", atMs: AT }], before: 3, reachMs: HOUR }),
  "drift-judged": driftJudged({ fromMs: AT - HOUR, limit: 1000 }),
  "drift-baselines": driftBaselines({ limit: 1000 }),
  "model-versions": modelVersions({ of: ["chat-7b", "ranker"] }),
  "observed-first": observedFirst({
    selectors: [[{ name: "__name__", op: "=", value: "vllm:request_prompt_tokens_bucket" }]],
    ...{ afterMs: AT - HOUR, untilMs: AT },
  }),
  "observed-windows": observedWindows({ models: ["chat"], fromMs: AT - HOUR }),
  "open-findings-models": openFindings({ of: "models", sinceMs: AT - HOUR, limit: 1000 }),
};

/** The SQL and its parameters as a person reads them; UPDATE_GOLDEN=1 writes them anew. */
function rendered(query: Omit<Query<unknown>, "row">): string {
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
