/** Verdicts on models on the page of this watch's metrics; schemas/src/process/verdict-metrics.ts says what each means. */
import type { Meter, ObservableResult } from "@lockstep/process/metrics";
import { DRIFT_METRICS, PERFORMANCE_METRICS, performanceSeries } from "@lockstep/schemas/process/verdict-metrics";
import type { ModelBoard } from "../drift/model-board.ts";
import type { FeatureSeries } from "../drift/series-of.ts";

export function showDrift(meter: Meter, board: ModelBoard): void {
  const gauge = (name: string, observe: (result: ObservableResult, model: string, series: FeatureSeries) => void) =>
    meter.createObservableGauge(name).addCallback((result) => {
      for (const [model, { series }] of board.shown)
        for (const feature of series.features) observe(result, model, feature);
    });
  const compared = (
    name: string,
    value: (series: FeatureSeries) => number | undefined,
    more: (series: FeatureSeries) => Readonly<Record<string, string>> = () => ({}),
  ) =>
    gauge(name, (result, model, series) => {
      const told = value(series);
      if (told === undefined || !Number.isFinite(told)) return;
      const { version, feature, kind, baseline, segment } = series;
      const replica = segment === "" ? {} : { replica: segment };
      result.observe(told, { model, version, feature, kind, baseline, ...replica, ...more(series) });
    });
  const method = ({ method: name }: FeatureSeries) => ({ method: name });
  compared(DRIFT_METRICS.distance, ({ distance }) => distance, method);
  compared(DRIFT_METRICS.threshold, ({ distance, threshold }) => distance && threshold, method);
  compared(DRIFT_METRICS.pValue, ({ p }) => p);
  compared(DRIFT_METRICS.samples, ({ nCurrent }) => nCurrent);
  const shares = {
    [DRIFT_METRICS.missingRate]: "missingRate",
    [DRIFT_METRICS.newShare]: "newShare",
    [DRIFT_METRICS.lostShare]: "lostShare",
    [DRIFT_METRICS.outsideShare]: "outside",
  } as const;
  for (const [name, key] of Object.entries(shares)) showShare(meter, board, name, key);
  for (const way of ["estimated", "realised"] as const)
    for (const metric of PERFORMANCE_METRICS)
      meter.createObservableGauge(performanceSeries(way, metric)).addCallback((result) => {
        for (const [model, { performances }] of board.shown)
          for (const { version, way: of, values } of performances) {
            const value = values[metric];
            if (of === way && value !== undefined) result.observe(value, { model, version });
          }
      });
  meter.createObservableGauge(DRIFT_METRICS.leftOut).addCallback((result) => {
    result.observe([...board.shown.values()].reduce((sum, { series }) => sum + series.leftOut, 0));
  });
  meter.createObservableGauge(DRIFT_METRICS.dropped).addCallback((result) => result.observe(board.dropped));
}

/** Of the window itself, whatever it was compared with: the first baseline's word, a replica's never. */
function showShare(
  meter: Meter,
  board: ModelBoard,
  name: string,
  key: "missingRate" | "newShare" | "lostShare" | "outside",
): void {
  meter.createObservableGauge(name).addCallback((result) => {
    for (const [model, { series }] of board.shown) {
      const told = new Set<string>();
      for (const each of series.features) {
        const { version, feature, kind, segment, [key]: share } = each;
        const of = JSON.stringify([version, kind, feature]);
        if (segment !== "" || share === undefined || told.has(of)) continue;
        told.add(of);
        result.observe(share, { model, version, feature, kind });
      }
    }
  });
}
