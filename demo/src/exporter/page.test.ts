import { describe, expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { formatReading, type Reading } from "../model/readings.ts";
import { Simulation } from "../model/simulation.ts";
import { parseCounters, readCounters } from "./counters-csv.ts";
import { NodePage } from "./page.ts";

const cluster = describeCluster(DEFAULT_LAYOUT);
const counters = readCounters();
const { columns } = new Simulation(cluster, 1, [], Date.UTC(2026, 10, 18, 12));
const pageOf = (n: number) => new NodePage(cluster.nodes[n]!, counters).render(columns).split("\n");

/** metric{labels} value, the value an integer or a double of six decimals. */
const LINE = /^(DCGM_FI_[A-Z0-9_]+)\{((?:[A-Za-z_]+="[^"\\]*",?)+)\} ([0-9]+(?:\.[0-9]{6})?)$/;

describe("NodePage", () => {
  test("says that it is simulated, and every line has dcgm-exporter's shape", () => {
    const lines = pageOf(0);
    expect(lines[0]).toMatch(/^# Simulated/);
    expect(lines.at(-1)).toBe("");
    const samples = lines.slice(0, -1).filter((line) => !line.startsWith("#"));
    expect(samples).toHaveLength(8 * counters.counters.length);
    for (const line of samples) expect(line).toMatch(LINE);
    expect(lines.filter((line) => line.startsWith("# TYPE "))).toHaveLength(counters.counters.length);
    expect(lines.filter((line) => line.startsWith("# HELP "))).toHaveLength(counters.counters.length);
  });

  test("labels stand in the exporter's order; those of a pod only on GPUs in use", () => {
    const names = (line: string) => [...LINE.exec(line)![2]!.matchAll(/([A-Za-z_]+)="/g)].map((match) => match[1]);
    const all = ["gpu", "UUID", "pci_bus_id", "device", "modelName", "Hostname", "DCGM_FI_DRIVER_VERSION"];
    const temperature = (n: number) => pageOf(n).filter((line) => line.startsWith("DCGM_FI_DEV_GPU_TEMP{"));
    expect(names(temperature(0)[0]!)).toEqual([...all, "container", "namespace", "pod"]);
    expect(names(temperature(15)[7]!)).toEqual(all);
    expect(temperature(14).map((line) => names(line).length)).toEqual([10, 10, 10, 10, 10, 10, 7, 7]);
  });

  test("integers are bare, doubles have six decimals", () => {
    const value = (field: string) => LINE.exec(pageOf(0).find((line) => line.startsWith(`${field}{`))!)![3];
    expect(value("DCGM_FI_DEV_SM_CLOCK")).toBe("1980");
    expect(value("DCGM_FI_DEV_POWER_USAGE")).toMatch(/^\d{3}\.\d{3}000$/);
    expect(value("DCGM_FI_PROF_SM_ACTIVE")).toMatch(/^0\.\d{6}$/);
    expect(value("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")).toMatch(/^\d{10,}$/);
  });
});

describe("formatReading", () => {
  const table: { reading: Pick<Reading, "decimals" | "format">; value: number; text: string }[] = [
    { reading: { decimals: 0, format: "int" }, value: 41.5, text: "42" },
    { reading: { decimals: 0, format: "int" }, value: 1_412_345_678_901, text: "1412345678901" },
    { reading: { decimals: 3, format: "double" }, value: 71.0421, text: "71.042000" },
    { reading: { decimals: 3, format: "double" }, value: 700, text: "700.000000" },
    { reading: { decimals: 6, format: "double" }, value: 0, text: "0.000000" },
    { reading: { decimals: 6, format: "double" }, value: 0.000_012_4, text: "0.000012" },
    { reading: { decimals: 6, format: "double" }, value: 1, text: "1.000000" },
  ];
  test.each(table)("$value as $text", ({ reading, value, text }) => {
    expect(formatReading({ ...reading, between: "line" }, value)).toBe(text);
  });
});

describe("parseCounters", () => {
  test("reads our own file: fields with their type, the driver version as a label", () => {
    expect(counters.counters.length).toBeGreaterThan(45);
    expect(counters.labels).toEqual(["DCGM_FI_DRIVER_VERSION"]);
    const type = (name: string) => counters.counters.find(({ field }) => field === name)?.type;
    expect(type("DCGM_FI_DEV_XID_ERRORS")).toBe("gauge");
    expect(type("DCGM_FI_DEV_THERMAL_VIOLATION")).toBe("counter");
  });

  const bad: { text: string; message: RegExp }[] = [
    { text: "DCGM_FI_DEV_SM_CLOCK, gauge", message: /c\.csv:1: found .* expected "FIELD, type, help"/ },
    { text: "# x\nDCGM_FI_DEV_SM_CLOCK, histogram, x", message: /c\.csv:2: found type "histogram"/ },
    { text: "DCGM_FI_DEV_NONE, gauge, x", message: /no field DCGM_FI_DEV_NONE/ },
    { text: "DCGM_FI_DEV_SM_CLOCK, gauge, x\nDCGM_FI_DEV_SM_CLOCK, gauge, x", message: /c\.csv:2: .* second time/ },
  ];
  test.each(bad)("refuses $text", ({ text, message }) => {
    expect(() => parseCounters(text, "c.csv")).toThrow(message);
  });
});
