/** Every scenario of a served model: what is true is seen within three windows, and nothing else; decoys and weekends are quiet. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isOfModel } from "../model/faults.ts";
import { DRIFT_WINDOW_MS } from "../prometheus-yml.ts";
import { cluster, liveWindows, models, seasonWindows } from "../testdata/serving-run.ts";
import { judgeAll, judgeReplicas, learnSeason, type Said } from "../testdata/serving-verdicts.ts";
import { plantFaults, readScenario } from "./scenario.ts";
import { truthOf } from "./truth.ts";

const SEED = 7;
const folder = fileURLToPath(new URL("../../scenarios/", import.meta.url));
/** A Wednesday: short of noon, when prompts are about to change with the hour. */
const START = Date.UTC(2026, 10, 18, 9, 20);
const SATURDAY = Date.UTC(2026, 10, 21, 14);

const scenarios = readdirSync(folder).flatMap((file) => {
  if (!file.endsWith(".yml") || file === "default.yml") return [];
  const scenario = readScenario(`${folder}${file}`, cluster);
  const faults = plantFaults(scenario, "ready", START).filter(isOfModel);
  return faults.map((fault) => ({ name: `${scenario.name}, ${fault.model}`, fault, faults }));
});

function judged(model: string, faults: Parameters<typeof liveWindows>[1]["faults"], fromMs: number, windows: number) {
  const untilMs = fromMs + windows * DRIFT_WINDOW_MS;
  const live = liveWindows(model, { seed: SEED, faults, fromMs, untilMs, windowMs: DRIFT_WINDOW_MS });
  const season = learnSeason(seasonWindows(model, SEED, fromMs));
  return { all: live.map((window) => judgeAll(season, window)), replicas: live.map(judgeReplicas) };
}

/** Said of at least two windows of the last three, as an alert wants it. */
function persistent(windows: readonly (readonly Said[])[]): string[] {
  const keys = windows.slice(-3).map((said) => new Set(said.map(({ verdict, of }) => `${verdict} ${of}`)));
  const every = new Set(keys.flatMap((window) => [...window]));
  return [...every].filter((key) => keys.filter((window) => window.has(key)).length >= 2).sort();
}

/** What has to be said of all replicas together, and of single ones. */
const EXPECTED: Readonly<Record<string, { readonly all: readonly string[]; readonly replicas?: readonly string[] }>> = {
  "prompt-shift": { all: ["drift input prompt_tokens"] },
  "broken-replica": { all: [], replicas: ["drift chat-7b-1 input prompt_tokens"] },
  "feature-missing": { all: ["data_quality input account_age_days"] },
  "new-category": { all: ["data_quality input country"] },
  "concept-drift": { all: [] },
  deploy: { all: ["drift prediction decision", "drift score score"] },
  "traffic-burst": { all: [] },
};

describe("a scenario of a served model", () => {
  test.each(scenarios)("$name: what is true within three windows, and nothing else", ({ fault, faults }) => {
    // The first whole window in which it is on.
    const fromMs = Math.ceil(fault.startMs / DRIFT_WINDOW_MS) * DRIFT_WINDOW_MS;
    const { all, replicas } = judged(fault.model, faults, fromMs, 3);
    const { all: ofAll, replicas: ofReplicas = [] } = EXPECTED[fault.kind]!;
    // One broken replica of three shows in the sum as well.
    if (fault.kind !== "broken-replica") expect(persistent(all)).toEqual(ofAll);
    expect(persistent(replicas).filter((said) => !said.includes(" latency "))).toEqual(ofReplicas);
  });

  test.each(scenarios)("$name: the truth names model, feature and replica", ({ fault }) => {
    const truth = truthOf(fault, [], fault.startMs + 1, models);
    expect(truth).toMatchObject({ model: fault.model, active: true, decoy: fault.kind === "traffic-burst" });
    if (fault.kind === "broken-replica")
      expect(truth).toMatchObject({ replica: "chat-7b-1", finding: "broken_replica" });
    if (fault.kind === "traffic-burst") expect(truth.finding).toBeUndefined();
  });
});

describe("where nothing is wrong", () => {
  test.each(models.map(({ name }) => name))("%s: a quiet hour is quiet", (model) => {
    const { all, replicas } = judged(model, [], START, 40);
    for (let end = 3; end <= all.length; end++) {
      expect(persistent(all.slice(0, end))).toEqual([]);
      expect(persistent(replicas.slice(0, end))).toEqual([]);
    }
  });

  test("a weekend is as the weekends before", () => {
    expect(persistent(judged("chat-7b", [], SATURDAY, 3).all)).toEqual([]);
  });
});
