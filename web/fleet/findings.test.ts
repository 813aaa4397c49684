import { expect, test } from "vitest";
import type { ChartData } from "../data/chart.ts";
import { chartFinding, peersFinding } from "./findings.ts";

const clock = (position: number) => `10:0${position}`;

function chart(id: string, unit: ChartData["unit"], ...lines: (number | null)[][]): ChartData {
  return {
    id,
    group: "clocks",
    title: "SM clock",
    unit,
    lines: lines.map((values, index) => ({ name: `GPU ${index}`, values })),
  };
}

test("a clock that fell under a thermal reason says from what, to what, when and why", () => {
  const reasons = [{ words: "HW thermal slowdown", thermal: true, idle: false, spans: [{ from: 3, to: 4 }] }];
  const finding = chartFinding(chart("clocks", "megahertz", [1755, 1740, 1755, 1050, 1050]), reasons, clock);
  expect(finding.words).toBe("fell from 1,755 MHz to 1,050 MHz at 10:03, held by HW thermal slowdown");
});

test("a slow-down that pauses shortly began before the pause", () => {
  const spans = [
    { from: 2, to: 3 },
    { from: 5, to: 6 },
  ];
  const reasons = [{ words: "HW thermal slowdown", thermal: true, idle: false, spans }];
  const data = chart("clocks", "megahertz", [1755, 1755, 1050, 1050, 1755, 1060, 1060]);
  expect(chartFinding(data, reasons, clock, 1).words).toContain("at 10:02");
  expect(chartFinding(data, reasons, clock, 0).words).toContain("at 10:05");
});

test.each<[string, ChartData, string]>([
  ["steady", chart("power", "watts", [600, 601, 600]), "steady at 600 W"],
  ["moving", chart("power", "watts", [500, 700, 600]), "600 W, between 500 W and 700 W"],
  ["peak", chart("temperature", "celsius", [60, 92, 70]), "70 °C, highest 92 °C at 10:01"],
  ["gone", chart("power", "watts", [600, null, null]), "no value now"],
  ["never there", chart("power", "watts", [null]), "no sample in this range"],
])("%s", (_, data, words) => {
  expect(chartFinding(data, null, clock).words).toBe(words);
});

test("among peers the one that stands apart is named", () => {
  expect(peersFinding(chart("clocks", "megahertz", [1755], [1740], [1050], [1755])).words).toBe(
    "GPU 2 is at 1,050 MHz, the others at 1,740 MHz to 1,755 MHz",
  );
  expect(peersFinding(chart("clocks", "megahertz", [1755], [1740], [1700])).words).toBe("1,700 MHz to 1,755 MHz");
});
