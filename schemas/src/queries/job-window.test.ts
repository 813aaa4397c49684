/** What watch reads to judge: golden SQL. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { flightDumpsJobs } from "./flight-dumps-jobs.ts";
import { gpuAttributionOpen } from "./gpu-attribution-open.ts";
import { gpuAttributionSeen } from "./gpu-attribution-seen.ts";
import { gpuWindowNodes, gpuWindows } from "./gpu-windows.ts";
import { gpuUsual, nodeUsual } from "./gpu-windows-usual.ts";
import { gpuWindowXids } from "./gpu-windows-xids.ts";
import { jobWindowJobs } from "./job-window-jobs.ts";
import { jobWindowSteps } from "./job-window-steps.ts";
import { openFindings } from "./open-findings.ts";
import type { Query } from "./query.ts";
import { xidChanges } from "./xid-changes.ts";

const AT = 1_800_000_000_000;
const RANGE = { fromMs: AT - 60_000, toMs: AT };
const GPUS = ["GPU-58e8f5ea-0000-0000-0000-000000000001"];

const QUERIES: Readonly<Record<string, Query<unknown>>> = {
  "job-window-jobs": jobWindowJobs({ ...RANGE, limit: 200 }),
  "job-window-steps": jobWindowSteps({ job: "pretrain", fromMs: AT - 60_000, limit: 500 }),
  "open-findings": openFindings({ of: "jobs", sinceMs: AT - 86_400_000, limit: 1000 }),
  "flight-dumps-jobs": flightDumpsJobs({ sinceMs: AT - 3_600_000, limit: 100 }),
  "gpu-attribution-open": gpuAttributionOpen({ fromMs: AT - 300_000, limit: 1000 }),
  "gpu-attribution-seen": gpuAttributionSeen({ ...RANGE, limit: 1000 }),
  "gpu-windows": gpuWindows({ ...RANGE, gpus: GPUS }),
  "gpu-windows-nodes": gpuWindowNodes({ ...RANGE, nodes: ["node-01"] }),
  "gpu-windows-usual": gpuUsual({ of: GPUS, fromMs: AT - 86_400_000, toMs: AT }),
  "gpu-windows-usual-nodes": nodeUsual({ of: ["node-01"], fromMs: AT - 86_400_000, toMs: AT }),
  "gpu-windows-xids": gpuWindowXids({ ...RANGE, gpus: GPUS, limit: 100 }),
  "xid-changes": xidChanges({ ...RANGE, limit: 1000 }),
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
