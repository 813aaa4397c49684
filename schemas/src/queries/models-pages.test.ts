import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { featureCells } from "./feature-cells.ts";
import { featureLabelled } from "./feature-labelled.ts";
import { featureSeen } from "./feature-seen.ts";
import { featureWindows } from "./feature-windows.ts";
import { modelPageEvents } from "./model-page-events.ts";
import { modelPagePerformance } from "./model-page-performance.ts";
import { modelPageReplicas } from "./model-page-replicas.ts";
import { modelPageTraffic } from "./model-page-traffic.ts";
import { modelPageWindows } from "./model-page-windows.ts";
import { modelsBaselines } from "./models-baselines.ts";
import { modelsDrift } from "./models-drift.ts";
import { modelsDriftHistory } from "./models-drift-history.ts";
import { modelsFindings } from "./models-findings.ts";
import { modelsLatency } from "./models-latency.ts";
import { modelsPerformance } from "./models-performance.ts";
import { modelsSeen } from "./models-seen.ts";
import { modelsTraffic } from "./models-traffic.ts";
import type { Query } from "./query.ts";

const AT = 1_800_000_000_000;
const RANGE = { fromMs: AT - 3_600_000, toMs: AT };
const OF = [
  { model: "chat-7b", fromMs: AT - 3_600_000, stepMs: 300_000 },
  { model: "ranker", fromMs: AT - 7_200_000, stepMs: 3_600_000 },
];
const OF_FEATURE = { model: "chat-7b", kind: "input", feature: "prompt_tokens" };
const GRID = { ...RANGE, model: "chat-7b", stepMs: 300_000, newestMs: AT - 900_000 };
const STRETCHES = [
  { fromMs: AT - 604_800_000, toMs: AT - 601_200_000 },
  { fromMs: AT - 300_000, toMs: AT },
];

const QUERIES: Readonly<Record<string, Query<unknown>>> = {
  "models-seen": modelsSeen({ limit: 1000 }),
  "models-seen-one": modelsSeen({ model: "chat-7b", limit: 1000 }),
  "models-seen-since": modelsSeen({ sinceMs: AT - 3_600_000, limit: 1000 }),
  "models-drift": modelsDrift({ of: OF, toMs: AT }),
  "models-drift-history": modelsDriftHistory({ of: OF, points: 60 }),
  "models-traffic": modelsTraffic({ of: OF, toMs: AT }),
  "models-latency": modelsLatency({ of: OF, toMs: AT, limit: 5000 }),
  "models-performance": modelsPerformance({ of: OF, toMs: AT }),
  "models-findings": modelsFindings({ ...RANGE, limit: 500 }),
  "models-findings-feature": modelsFindings({ ...RANGE, model: "chat-7b", feature: "prompt_tokens", limit: 50 }),
  "models-baselines": modelsBaselines({ model: "chat-7b" }),
  "model-page-windows": modelPageWindows({ ...GRID, limit: 1000 }),
  "model-page-traffic": modelPageTraffic({ ...GRID, limit: 200 }),
  "model-page-replicas": modelPageReplicas({ ...GRID, limit: 200 }),
  "model-page-performance": modelPagePerformance({ ...RANGE, model: "chat-7b", limit: 1000 }),
  "model-page-events": modelPageEvents({ ...RANGE, model: "chat-7b", limit: 100 }),
  "feature-seen": featureSeen({ model: "chat-7b", feature: "prompt_tokens" }),
  "feature-windows": featureWindows({ ...OF_FEATURE, ...RANGE, limit: 2000 }),
  "feature-cells": featureCells({ ...OF_FEATURE, stretches: STRETCHES, apart: false, limit: 200 }),
  "feature-cells-apart": featureCells({
    ...OF_FEATURE,
    stretches: STRETCHES,
    version: "2",
    exceptReplica: "pod-3",
    apart: true,
    limit: 200,
  }),
  "feature-labelled": featureLabelled({ ...RANGE, model: "ranker", feature: "score" }),
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
