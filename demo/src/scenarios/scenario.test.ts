import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { parseScenario, plantFaults, readScenario } from "./scenario.ts";

const cluster = describeCluster(DEFAULT_LAYOUT);
const folder = fileURLToPath(new URL("../../scenarios/", import.meta.url));

const GOOD = `name: one
description: one throttle
faults:
  - kind: thermal-throttle
    node: node-03
    gpu: 2
    after: ready
    offset_seconds: 60
    duration_seconds: 600
    cooling_lost: 0.6
    truth: GPU 2 of node-03 is hot
`;

describe("parseScenario", () => {
  test.each(readdirSync(folder).filter((name) => name.endsWith(".yml")))("takes %s", (name) => {
    expect(() => readScenario(`${folder}${name}`, cluster)).not.toThrow();
  });

  test("plants what counts from the moment given, at absolute times", () => {
    const scenario = parseScenario(GOOD, "s.yml", cluster);
    expect(plantFaults(scenario, "first-start", 1_000_000)).toEqual([]);
    expect(plantFaults(scenario, "ready", 1_000_000)).toEqual([
      {
        kind: "thermal-throttle",
        source: "one[0]",
        node: "node-03",
        gpu: 2,
        startMs: 1_060_000,
        endMs: 1_660_000,
        rampMs: 60_000,
        coolingLost: 0.6,
        truth: "GPU 2 of node-03 is hot",
      },
    ]);
  });

  const bad: { name: string; from: string; to: string; message: RegExp }[] = [
    { name: "an unknown key", from: "gpu: 2", to: "gpu: 2\n    gpus: 3", message: /^s\.yml:4:5 faults\[0\]: .*gpus/ },
    { name: "an unknown kind", from: "thermal-throttle", to: "fire", message: /^s\.yml:4:11 faults\[0\]\.kind: / },
    { name: "a key of another kind", from: "cooling_lost: 0.6", to: "factor: 2", message: /faults\[0\].*factor/s },
    { name: "a node that is not there", from: "node-03", to: "node-99", message: /^s\.yml:5:11 .*node-01 to node-16/ },
    { name: "too much lost", from: "0.6", to: "1", message: /^s\.yml:10:19 faults\[0\]\.cooling_lost: / },
    {
      name: "a start that is past already",
      from: "offset_seconds: 60",
      to: "offset_seconds: 5",
      message: /at least 15 s/,
    },
    { name: "an old fault not over", from: "after: ready", to: "after: first-start", message: /is over by then/ },
    { name: "no truth", from: "    truth: GPU 2 of node-03 is hot\n", to: "", message: /faults\[0\]\.truth: / },
    { name: "broken YAML", from: "faults:", to: "faults: [", message: /^s\.yml:\d+:\d+: / },
    { name: "something else", from: GOOD, to: "[]", message: /^s\.yml:1:1 file: / },
  ];
  test.each(bad)("refuses $name", ({ from, to, message }) => {
    expect(() => parseScenario(GOOD.replace(from, to), "s.yml", cluster)).toThrow(message);
  });

  const onJob = `name: one
description: one stage
faults:
  - {kind: slow-stage, job: pretrain-a, stage: 1, after: ready, offset_seconds: 60, duration_seconds: 9, factor: 2, truth: t}
`;
  test("takes a fault of a job", () => {
    const [fault] = plantFaults(parseScenario(onJob, "s.yml", cluster), "ready", 0);
    expect(fault).toMatchObject({ kind: "slow-stage", job: "pretrain-a", stage: 1, factor: 2, endMs: 69_000 });
  });

  test.each([
    [
      "a job that is not there",
      "job: pretrain-a",
      "job: chat-7b",
      /^s\.yml:4:29 .*found chat-7b, expected one of pretrain-a, finetune-b/,
    ],
    ["a stage that is not there", "stage: 1", "stage: 2", /^s\.yml:4:48 .*found stage 2, expected one of 0 to 1/],
  ])("refuses %s", (_, from, to, message) => {
    expect(() => parseScenario(onJob.replace(from, to), "s.yml", cluster)).toThrow(message);
  });

  test("a file that is not there is named", () => {
    expect(() => readScenario("/nowhere/s.yml", cluster)).toThrow(/scenario \/nowhere\/s\.yml cannot be read/);
  });
});
