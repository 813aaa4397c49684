"use client";
import { type Annotation, TimeChart } from "../../../components/chart/time-chart.tsx";
import type { ModelData } from "../../../data/model.ts";
import type { Values } from "../../../fleet/grids.ts";
import type { MeasureLines } from "../../../models/performance-lines.ts";

const TITLES = { auc: "AUC", accuracy: "Accuracy", f1: "F1" } as const;

type Props = { readonly data: ModelData; readonly annotations: readonly Annotation[] };

/** What the scores alone let expect, and what came of it. */
export function PerformanceCharts({ data, annotations }: Props) {
  const { performance, times } = data;
  if (performance === null) return null;
  return (
    <section className="section" aria-label="Performance">
      <h2>
        Performance{" "}
        <span className="quiet small">estimated from the scores alone, realised where labels have come</span>
      </h2>
      <div className="charts many">
        {performance.measures.map((lines) => (
          <TimeChart
            key={lines.measure}
            id={lines.measure}
            title={
              <>
                {TITLES[lines.measure]} <span className="quiet">{words(lines)}</span>
              </>
            }
            times={times}
            lines={[
              { name: "estimated", values: lines.estimated },
              { name: "realised", values: lines.realised },
            ].filter(({ values }) => values.some((value) => value !== null))}
            unit="count"
            {...bandOf(lines)}
            annotations={annotations}
            firstColour={2}
          />
        ))}
      </div>
    </section>
  );
}

/** Of the newest point that both are known of; they may not be known of the same windows. */
function words({ estimated, realised }: MeasureLines): string {
  const both = estimated.findLastIndex((value, at) => value !== null && realised[at] != null);
  const newest = (values: Values) => values.findLast((value) => value !== null) ?? null;
  if (both >= 0) {
    const gap = realised[both]! - estimated[both]!;
    const size =
      Math.abs(gap) < 0.0005
        ? "as estimated"
        : `${Math.abs(gap).toFixed(3)} ${gap < 0 ? "below" : "above"} the estimate`;
    return `${realised[both]!.toFixed(3)} realised, ${size}`;
  }
  const [alone, came] = [newest(estimated), newest(realised)];
  if (alone !== null) return `estimated at ${alone.toFixed(3)}; no label has come yet`;
  return came === null ? "" : `${came.toFixed(3)} realised`;
}

function bandOf({ low, high }: MeasureLines) {
  return low === null || high === null ? {} : { band: { name: "95 % by chance", low, high } };
}
