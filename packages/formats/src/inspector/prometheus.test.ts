import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readInspectorProm, seriesLabels } from "./prometheus.ts";

describe("labels of single operations", () => {
  const labels = new Map([
    ["comm_id", "0x1"],
    ["coll_sn", "17"],
    ["timestamp", "2026-01-02T03:04:05Z"],
  ]);
  test("are taken out of nccl_ families", () => {
    expect([...seriesLabels("nccl_algorithm_bandwidth_gbs", labels).keys()]).toEqual(["comm_id"]);
  });
  test("stay in others, and a set without them is the same set", () => {
    expect(seriesLabels("http_requests_total", labels)).toBe(labels);
    const others = new Map([["node", "a"]]);
    expect(seriesLabels("nccl_bus_bandwidth_gbs", others)).toBe(others);
  });
});

describe("a line", () => {
  const table: [string, string, Record<string, string>, number][] = [
    ["usual", 'nccl_x{node="a",gpu="GPU0"} 12.5', { node: "a", gpu: "GPU0" }, 12.5],
    [
      "quotes within a value",
      'nccl_x{comm_name="the "big" one",gpu="GPU0"} 1',
      { comm_name: 'the "big" one', gpu: "GPU0" },
      1,
    ],
    ["backslash and braces", 'nccl_x{comm_name="a\\b}{",gpu="GPU0"} 1', { comm_name: "a\\b}{", gpu: "GPU0" }, 1],
    ["comma within a value", 'nccl_x{comm_name="tp,dp"} 1e+06', { comm_name: "tp,dp" }, 1e6],
    ["a comma at the end", 'nccl_x{gpu="GPU0",} 1', { gpu: "GPU0" }, 1],
    ["per operation", 'nccl_x{gpu="GPU0",coll_sn="3"} nan', { gpu: "GPU0" }, Number.NaN],
    ["with a time", 'nccl_x{gpu="GPU0"} -inf 1760000000000', { gpu: "GPU0" }, -Infinity],
    ["empty value", 'nccl_x{comm_name="",gpu="GPU0"} 1', { comm_name: "", gpu: "GPU0" }, 1],
  ];
  test.each(table)("%s", (_, line, labels, value) => {
    const { samples, problems } = readInspectorProm(`${line}\n`);
    expect(problems).toEqual([]);
    expect(samples).toHaveLength(1);
    expect(Object.fromEntries(samples[0]!.labels)).toEqual(labels);
    expect(samples[0]!.value).toBe(value);
  });
  const bad: [string, RegExp][] = [
    ["nccl_x 1", /labels in braces/],
    ['2x{a="b"} 1', /metric's name/],
    ['nccl_x{a="b"} one', /one number/],
    ['nccl_x{a="b"} 1 2 3', /one number/],
    ['nccl_x{a="b} 1', /end of label a/],
    ['nccl_x{a=b"} 1', /a label and its value at character 1/],
  ];
  test.each(bad)("%s is told", (line, expected) => {
    const { samples, problems } = readInspectorProm(`# HELP x\n\n${line}\r\nnccl_x{a="b"} 1`);
    expect(samples).toHaveLength(1);
    expect(problems).toMatchObject([{ line: 3, expected: expect.stringMatching(expected) }]);
  });
});

test("values that hold no label of their own come back as they were", () => {
  const value = fc.string({ maxLength: 20 }).filter((each) => !/[\n\r]|"\s*,|"\s*$/.test(each));
  fc.assert(
    fc.property(value, value, (a, b) => {
      const { samples } = readInspectorProm(`nccl_x{comm_name="${a}",gpu="${b}"} 1\n`);
      expect(samples.map(({ labels }) => Object.fromEntries(labels))).toEqual([{ comm_name: a, gpu: b }]);
    }),
  );
});

const folder = join(import.meta.dirname, "../../../../../shared/samples/nccl_inspector");

test("the recorded pages are read whole", ({ skip }) => {
  if (!existsSync(folder)) return skip(`not on this machine: ${folder}`);
  const pages = readdirSync(folder).filter((name) => name.endsWith(".prom"));
  expect(pages.length).toBeGreaterThan(0);
  for (const page of pages) {
    const text = readFileSync(join(folder, page), "utf8");
    const { samples, problems } = readInspectorProm(text);
    expect([samples.length, problems]).toEqual([text.trim().split("\n").length, []]);
    for (const { labels } of samples) expect(labels.get("comm_name")).toBeDefined();
  }
});
