import { expect, test } from "vitest";
import { collectorDetail } from "./collector-detail.ts";

const configuration = { configFile: "/etc/prometheus.yml", warnings: [], lastReload: null };
const counts = { files: 2, unreadable: 1, behindBytes: 10, bytes: 5, lines: 3, badLines: 1 };
const found = { operations: 2, rows: 1, events: 0, dumps: 0, samples: 0, rotations: 0, truncations: 0 };

test("traces, with what is unknown left out", () => {
  const trace = {
    name: "lockstep.traces[0].lines",
    kind: "lines",
    files: "/traces/*.jsonl",
    counts: { ...counts, ...found },
  };
  const { traces, unreadable } = collectorDetail(JSON.stringify({ ...configuration, traces: [trace] }));
  expect(unreadable).toBeNull();
  expect(traces).toEqual([
    expect.objectContaining({ kind: "lines", counts: expect.objectContaining({ behindBytes: 10 }) }),
  ]);
  expect(traces[0]!.counts.lastReadAt).toBeUndefined();
});

test("a collector that says nothing of traces has none", () => {
  expect(collectorDetail(JSON.stringify(configuration))).toEqual({ ...configuration, traces: [], unreadable: null });
});

test("what is no report is told, not shown as an empty one", () => {
  expect(collectorDetail("{").unreadable).toContain("JSON");
  expect(collectorDetail("{}").unreadable).toContain("configFile");
});
