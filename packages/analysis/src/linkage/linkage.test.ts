import { describe, expect, test } from "vitest";
import { candidatesOf } from "./call-graph-case.ts";
import { type Candidate, rankCauses } from "./rank-causes.ts";

const graph: Record<string, string[]> = { site: ["search", "pay"], search: ["db"], pay: ["db"], batch: ["db"] };
const dependencies = (entity: string) => graph[entity] ?? [];
const candidate = (entity: string, z: number, dose?: number, onset = 100): Candidate => ({ entity, z, dose, onset });
const ask = (candidates: Candidate[]) =>
  rankCauses({ symptom: "site", onset: 100, resolution: 10, candidates, dependencies });
const first = (candidates: Candidate[]) => ask(candidates).ranking[0]?.entity;

describe("what stands behind a symptom", () => {
  test("the lowest that explains its size", () => {
    const answer = ask([candidate("site", 20, 1), candidate("search", 20, 1), candidate("db", 10, 0.9)]);
    expect(answer.ranking.map(({ entity, standing }) => [entity, standing])).toEqual([
      ["db", "explains"],
      ["search", "above"],
      ["site", "above"],
    ]);
    expect(answer.confidence).toBe("high");
  });

  test("not what moved far and explains little", () => {
    expect(first([candidate("site", 20, 1), candidate("search", 9, 0.95), candidate("db", 50, 0.05)])).toBe("search");
  });

  test("not what the symptom does not depend on", () => {
    const { ranking } = ask([candidate("site", 20, 1), candidate("batch", 50, 3)]);
    expect(ranking.map(({ entity, standing }) => [entity, standing])).toEqual([
      ["site", "explains"],
      ["batch", "apart"],
    ]);
  });

  test("what began after the symptom comes behind what began before", () => {
    expect(first([candidate("search", 9, 1, 200), candidate("pay", 8, 0.9, 90)])).toBe("pay");
  });

  test("where no size can be told, by how far it moved, and not with high confidence", () => {
    const answer = ask([candidate("site", 5), candidate("search", 20), candidate("pay", 8)]);
    expect(answer.ranking[0]?.entity).toBe("search");
    expect(answer.confidence).not.toBe("high");
  });

  test("two that call each other do not hide each other", () => {
    const circle = (entity: string) => ({ site: ["a"], a: ["b"], b: ["a"] })[entity] ?? [];
    const candidates = [candidate("a", 9, 1), candidate("b", 9, 0.8)];
    const { ranking } = rankCauses({ symptom: "site", onset: 0, resolution: 1e9, candidates, dependencies: circle });
    expect(ranking.map(({ standing }) => standing)).toEqual(["explains", "explains"]);
  });

  test("nothing moved: no confidence", () => {
    expect(ask([candidate("site", 1, 1), candidate("db", 0.5, 0.1)]).confidence).toBe("low");
    expect(ask([]).ranking).toEqual([]);
  });
});

describe("candidates of a call graph", () => {
  const usual = [100, 101, 99, 100, 102, 98];
  const series = (component: string, values: number[], requests?: number[]) => ({
    component,
    usual,
    times: [0, 300, 600, 900],
    values,
    requests,
  });
  const of = (all: ReturnType<typeof series>[], worse: "higher" | "lower" = "higher") =>
    new Map(
      candidatesOf({ symptom: "site", worse, onset: 700, intervalSeconds: 300, series: all }).map((each) => [
        each.entity,
        each,
      ]),
    );

  test("the dose is what all calls lost together", () => {
    const found = of([
      series("site", [100, 100, 150, 150], [10, 10, 10, 10]),
      series("busy", [100, 100, 120, 120], [25, 25, 25, 25]),
      series("idle", [100, 100, 500, 500], [0, 0, 0, 1]),
    ]);
    expect(found.get("busy")?.dose).toBeCloseTo(1, 9);
    expect(found.get("idle")?.dose).toBeCloseTo(0.4, 9);
    expect(found.get("busy")?.onset).toBe(600);
  });

  test("availability is worse when it falls", () => {
    const found = of([series("site", [100, 100, 90, 90], [1, 1, 1, 1])], "lower");
    expect(found.get("site")?.z).toBeGreaterThan(3);
    expect(of([series("site", [100, 100, 110, 110])], "lower").get("site")?.z).toBeLessThan(0);
  });

  test("without counted requests the dose is not known; without values there is no candidate", () => {
    const nothing = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
    const found = of([series("site", [100, 100, 150, 150]), series("silent", nothing)]);
    expect(found.get("site")?.dose).toBeUndefined();
    expect(found.has("silent")).toBe(false);
  });
});
