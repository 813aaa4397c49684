import { describe, expect, test } from "vitest";
import { MODEL_PRESETS } from "./model-presets/presets.ts";
import { parseConfig } from "./parse.ts";
import { formatProblem } from "./problem.ts";

function parse(text: string) {
  return parseConfig(text, "/etc/lockstep/prometheus.yml");
}

function errorsOf(models: string): string[] {
  const result = parse(`lockstep: {models: [${models}]}`);
  return result.ok ? [] : result.errors.map(formatProblem).map((line) => line.replace("/etc/lockstep/", ""));
}

const ALL = ["training", "season", "version", "replicas"];

test("everything", () => {
  const result = parse(`
lockstep:
  models:
    - model: ranker
      match: {job: ranker}
      version_label: release
      replica_label: pod
      window: 10m
      decision: 0.3
      baseline: {season: false}
      histograms:
        - {metric: ranker_score, feature: score, kind: score, match: {stage: final}}
`);
  expect(result.ok && result.warnings).toEqual([]);
  const match = new Map([["job", "ranker"]]);
  expect(result.ok && result.config.models).toEqual([
    {
      ...{ model: "ranker", versionLabel: "release", replicaLabel: "pod", match, windowMs: 600_000, decision: 0.3 },
      baselines: ["training", "version", "replicas"],
      histograms: [
        { metric: "ranker_score", feature: "score", kind: "score", match: new Map([...match, ["stage", "final"]]) },
      ],
    },
  ]);
});

test("a preset names its models by a label, and knows their histograms", () => {
  const result = parse(
    "lockstep: {models: [{preset: triton}, {preset: tgi, model: chat}, {model: plain, window: 1m}]}",
  );
  const models = result.ok ? result.config.models : [];
  expect(models[0]).toMatchObject({ modelLabel: "model", versionLabel: "version", replicaLabel: "instance" });
  expect(models[0]).toMatchObject({ windowMs: 300_000, decision: 0.5, baselines: ALL });
  expect(models[0]).not.toHaveProperty("model");
  expect(models[1]!.histograms.map(({ metric }) => metric)).toContain("tgi_request_input_length");
  expect(models[2]).toMatchObject({ model: "plain", windowMs: 60_000, histograms: [] });
});

test.each(["", "lockstep: {}", "lockstep: {models: }", "lockstep: {models: []}"])("no models: %s", (text) => {
  const result = parse(text);
  expect(result.ok && result.config.models).toEqual([]);
});

test.each(Object.entries(MODEL_PRESETS))("%s names each histogram once, without its suffix", (_, { histograms }) => {
  const metrics = histograms.map(({ metric }) => metric);
  expect(new Set(metrics).size).toBe(metrics.length);
  expect(metrics.filter((metric) => /_(bucket|sum|count)$/.test(metric))).toEqual([]);
});

describe("faults", () => {
  const hint = "model: NAME, or one of the presets that name their models: vllm, triton, sglang, kserve";
  test.each([
    ["{window: 5m}", `:1:21 lockstep.models[0]: a model without a name; expected ${hint}`],
    ["{preset: tgi}", `:1:21 lockstep.models[0]: a model without a name; expected ${hint}`],
    [
      "{preset: vlm}",
      ':1:30 lockstep.models[0].preset: wrong value of preset; found "vlm", expected one of vllm, triton, tgi, sglang, kserve (did you mean "vllm"?)',
    ],
    ["{model: a, windows: 5m}", ':1:32 lockstep.models[0].windows: unknown key "windows"; did you mean "window"?'],
    [
      "{model: a, window: 1s}",
      ":1:40 lockstep.models[0].window: a window that nothing can be judged in; found 1s, expected from 10s to 1d",
    ],
    [
      "{model: a, decision: 50}",
      ':1:42 lockstep.models[0].decision: wrong value of decision; found "50", expected a number between 0 and 1, such as 0.5',
    ],
    [
      "{model: a, histograms: [{metric: m_bucket, feature: f, kind: input}]}",
      ':1:54 lockstep.models[0].histograms[0].metric: the series of its buckets, not the histogram; found "m_bucket", expected m',
    ],
    [
      "{model: a, histograms: [{metric: m, kind: inputs}]}",
      ':1:63 lockstep.models[0].histograms[0].kind: wrong value of kind; found "inputs", expected one of input, prediction, score, latency (did you mean "input"?)',
    ],
    [
      "{model: a, histograms: [{metric: m, feature: f}]}",
      ":1:45 lockstep.models[0].histograms[0]: a histogram without kind; expected kind: input, prediction, score or latency",
    ],
    [
      "{model: a}, {model: a, window: 1m}",
      ':1:33 lockstep.models[1]: "a" has windows of two lengths; found 1m, expected 5m as in lockstep.models[0]',
    ],
  ])("%s", (models, problem) => {
    expect(errorsOf(models)).toContain(`prometheus.yml${problem}`);
  });
});
