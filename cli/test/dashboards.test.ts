/** What ships for Grafana: structure, metrics that exist, and queries that the HTTP API answers today. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const dashboards = join(import.meta.dirname, "../../dashboards");
const folder = join(dashboards, "grafana");

const target = z.object({ refId: z.string(), expr: z.string().min(1), datasource: z.object({ uid: z.string() }) });
const panel = z.object({
  id: z.int(),
  type: z.enum(["row", "timeseries", "stat", "bargauge", "state-timeline"]),
  title: z.string().min(1),
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().max(24), h: z.int().min(1) }),
  targets: z.array(target).optional(),
});
const dashboard = z.object({
  uid: z.string().regex(/^[a-z0-9-]{1,40}$/),
  title: z.string().min(1),
  schemaVersion: z.int(),
  panels: z.array(panel).min(1),
  templating: z.object({ list: z.array(z.object({ name: z.string(), definition: z.string() })) }),
});

const counters = readFileSync(join(dashboards, "dcgm/counters.csv"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("DCGM_"))
  .map((line) => line.split(",", 1)[0]!);
const known = new Set<string>([...counters, ...Object.values(SELF_METRICS), "up"]);

/** A metric name and matchers, nothing around them. */
const SELECTOR = /^([a-zA-Z_:][\w:]*)(?:\{(?:\w+(?:=|!=|=~|!~)"[^"]*"(?:, ?)?)*\})?$/;

const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

test("there are some", () => expect(files.length).toBeGreaterThanOrEqual(2));

describe.each(files)("%s", (name) => {
  const { panels, templating } = dashboard.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));

  test("panels have ids of their own and do not overlap", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test("each query is a plain selector of a metric that exists, from our datasource", () => {
    for (const { expr, datasource } of panels.flatMap(({ targets = [] }) => targets)) {
      const metric = SELECTOR.exec(expr)?.[1];
      expect(metric, `${expr} is not a plain selector`).toBeDefined();
      const base = metric!.replace(/_(total|bucket|sum|count)$/, "");
      expect(known.has(metric!) || known.has(base), `${metric} is unknown`).toBe(true);
      expect(datasource.uid).toBe("lockstep");
    }
  });

  test("each variable of a query is defined", () => {
    const defined = new Set(templating.list.map((variable) => variable.name));
    const used = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)]));
    expect(used.map(([, variable]) => variable!).filter((variable) => !defined.has(variable))).toEqual([]);
  });
});
