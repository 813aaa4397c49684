import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exactWay } from "./exact-way.ts";
import { type Outcome, runFile } from "./run-file.ts";
import { parseTestFile } from "./test-file.ts";

const asPrometheusTests = { delayedNames: true, experimental: true };
const asPrometheus = { delayedNames: false, experimental: false };

function failures(outcomes: readonly Outcome[]) {
  return outcomes.filter(({ kind }) => kind === "failed");
}

const own = join(import.meta.dirname, "cases");
describe("own cases, with Prometheus's defaults and with those of its tests", () => {
  test.each(readdirSync(own))("%s", async (name) => {
    const text = readFileSync(join(own, name), "utf8");
    for (const options of [asPrometheus, asPrometheusTests]) {
      const outcomes = await runFile(text, exactWay(options));
      expect(outcomes.length).toBeGreaterThan(10);
      expect(outcomes.filter(({ kind }) => kind !== "passed")).toEqual([]);
    }
  });
});

const shared = join(import.meta.dirname, "../../../../shared/promqltest");
if (!existsSync(shared)) console.log("no ../shared/promqltest beside the repository: its files are not run");
describe.runIf(existsSync(shared))("Prometheus's own test files", () => {
  const files = existsSync(shared) ? readdirSync(shared).filter((name) => name.endsWith(".test")) : [];

  test.each(files)("%s", async (name) => {
    const outcomes = await runFile(readFileSync(join(shared, name), "utf8"), exactWay(asPrometheusTests));
    expect(outcomes.length).toBeGreaterThan(0);
    expect(failures(outcomes)).toEqual([]);
    for (const outcome of outcomes) {
      if (outcome.kind === "skipped") expect(outcome.reason).toMatch(/native histograms|is not enabled|experimental/);
    }
  });
});

describe("a failure tells what was found", () => {
  const load = "load 1m\n  up 1 2\n\n";
  test.each<[string, string]>([
    ["eval instant at 1m up\n  up 3", '{__name__="up"} 2'],
    ["eval instant at 1m up\n  up 2\n  down 1", '{__name__="up"} 2'],
    ["eval range from 0 to 1m step 1m up\n  up 1 _", '{__name__="up"} 1@0s 2@60s'],
    ["eval instant at 1m up + \n  up 2", "ParseError: 1:5"],
    ["eval instant at 1m up\n  expect fail\n", '{__name__="up"} 2'],
    ["eval instant at 1m up\n  expect warn\n  up 2", "no warning"],
    ["eval instant at 1m 1 + 1\n  3", "2"],
    ["eval_fail instant at 1m rate(up)\n  expected_fail_message something else", "ParseError: 1:6"],
  ])("%j", async (text, found) => {
    const outcomes = await runFile(load + text, exactWay(asPrometheus));
    expect(outcomes).toMatchObject([{ kind: "failed", line: 4, found: expect.stringContaining(found) }]);
  });

  test("of a file that is none", async () => {
    expect(await runFile("load 1m\n  up 1\n\nevaluate up", exactWay(asPrometheus))).toMatchObject([
      { kind: "failed", line: 4 },
    ]);
  });
});

test("what counts as skipped", async () => {
  const text = `load 1m
  histogram {{count:1}}x5
  up 1

eval instant at 0 histogram
  histogram {{count:1}}

eval instant at 0 sum(histogram)

eval instant at 0 info(up)

eval instant at 0 up
  up 1
`;
  const outcomes = await runFile(text, exactWay(asPrometheusTests));
  expect(outcomes.map(({ kind }) => kind)).toEqual(["skipped", "skipped", "skipped", "passed"]);
});

test("the language's commands", () => {
  const text = `# comment
load_with_nhcb 30s
  a 1

clear
eval_ordered instant at 1m30s sort(a)
  a 1

eval range from 1m to 2m step 10s a
  expect no_warn
  expect info regex: some.*
`;
  expect(parseTestFile(text)).toMatchObject([
    { kind: "load", line: 2, stepMs: 30_000, withNativeHistograms: true },
    { kind: "clear", line: 5 },
    { kind: "eval", line: 6, startMs: 90_000, ordered: true, isRange: false },
    { kind: "eval", startMs: 60_000, endMs: 120_000, stepMs: 10_000, noWarn: true, info: [{ pattern: /some.*/ }] },
  ]);
});
