import type { Meter } from "@lockstep/process/metrics";
import { expect, test } from "vitest";
import { ModelBoard } from "../drift/model-board.ts";
import type { FeatureSeries } from "../drift/series-of.ts";
import { showDrift } from "./drift-metrics.ts";

/** What is shown now, as a page of metrics has it. */
function shown(board: ModelBoard): string[] {
  const lines: string[] = [];
  const createObservableGauge = (name: string) => ({
    addCallback(observe: (result: { observe(value: number, labels?: Record<string, string>): void }) => void) {
      observe({
        observe: (value, labels = {}) => {
          const told = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
          lines.push(`${name}{${told.join(",")}} ${value}`);
        },
      });
    },
  });
  showDrift({ createObservableGauge } as unknown as Meter, board);
  return lines;
}

const FEATURE: FeatureSeries = {
  ...{ version: "2", kind: "input", feature: "tokens", baseline: "season", segment: "", method: "psi" },
  ...{ distance: 0.3, threshold: 0.1, p: 0.001, nCurrent: 500, missingRate: 0.25 },
  ...{ newShare: undefined, lostShare: undefined, outside: undefined },
};

function boardWith(untilMs: number): ModelBoard {
  const board = new ModelBoard();
  const unknown = { ...FEATURE, feature: "new", distance: undefined, threshold: Number.NaN, p: undefined };
  board.judged(
    {
      ...{ model: "chat", sinceMs: untilMs - 1, untilMs, changes: [], notEnough: [] },
      series: { features: [FEATURE, { ...FEATURE, baseline: "replicas", segment: "pod-1" }, unknown], leftOut: 3 },
      performances: [{ version: "2", way: "estimated", values: { auc: 0.9 } }],
    },
    untilMs,
  );
  return board;
}

test("verdicts as series; what is not known has none", () => {
  const of = 'model="chat",version="2",feature="tokens",kind="input"';
  const season = `${of},baseline="season"`;
  const replica = `${of},baseline="replicas",replica="pod-1"`;
  expect(shown(boardWith(1000))).toEqual([
    `lockstep_drift_distance{${season},method="psi"} 0.3`,
    `lockstep_drift_distance{${replica},method="psi"} 0.3`,
    `lockstep_drift_threshold{${season},method="psi"} 0.1`,
    `lockstep_drift_threshold{${replica},method="psi"} 0.1`,
    `lockstep_drift_p_value{${season}} 0.001`,
    `lockstep_drift_p_value{${replica}} 0.001`,
    `lockstep_drift_samples{${season}} 500`,
    `lockstep_drift_samples{${replica}} 500`,
    'lockstep_drift_samples{model="chat",version="2",feature="new",kind="input",baseline="season"} 500',
    `lockstep_data_quality_missing_rate{${of}} 0.25`,
    'lockstep_data_quality_missing_rate{model="chat",version="2",feature="new",kind="input"} 0.25',
    'lockstep_model_estimated_auc{model="chat",version="2"} 0.9',
    "lockstep_drift_series_left_out{} 3",
    "lockstep_observed_windows_dropped_total{} 0",
  ]);
});

test("a window of the past has no series, and is not taken for the newest", () => {
  const board = boardWith(1000);
  board.judged({ ...told(500), model: "chat" }, 2000);
  expect(board.shown.get("chat")?.untilMs).toBe(1000);
  board.keepShown(() => 1000);
  expect(shown(board)).toEqual(["lockstep_drift_series_left_out{} 0", "lockstep_observed_windows_dropped_total{} 0"]);
});

function told(untilMs: number) {
  const series = { features: [], leftOut: 0 };
  return { model: "", sinceMs: 0, untilMs, changes: [], series, performances: [], notEnough: [] };
}
