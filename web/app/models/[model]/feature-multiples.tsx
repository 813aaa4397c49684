"use client";
import { type Annotation, TimeChart } from "../../../components/chart/time-chart.tsx";
import { useTimeZone } from "../../../components/time-zone.tsx";
import type { ModelData } from "../../../data/model.ts";
import type { RankedFeature } from "../../../models/ranking.ts";
import { baselineWords, distanceText, methodShort } from "../../../models/verdicts.ts";
import { whenText } from "../../../models/when.ts";
import { FeatureLink } from "../feature-link.tsx";

const SHOWN = 6;
const SHOWN_WHERE_STILL = 2;
/** Of the threshold. */
const NEAR = 0.5;

/** The features that moved most, each with its threshold. */
export function FeatureMultiples({ data, annotations }: { data: ModelData; annotations: readonly Annotation[] }) {
  const zone = useTimeZone();
  const known = data.features.filter(({ distances }) => distances.some((value) => value !== null));
  // Charts of what does not move hide the ones that do.
  const near = known.filter(({ verdict, ratio }) => verdict === "drift" || (ratio ?? 0) >= NEAR);
  const drawn = (near.length > 0 ? near : known.slice(0, SHOWN_WHERE_STILL)).slice(0, SHOWN);
  if (drawn.length === 0) return null;
  const marks = annotations.filter(({ kind }) => kind !== "throttled");
  return (
    <section className="section" aria-label="Features">
      <h2>
        {data.features[0]?.verdict === "drift" ? "What moved" : "Farthest from the baseline"}{" "}
        <span className="quiet small">distance over time, with the threshold it is held against</span>
      </h2>
      <div className="charts many">
        {drawn.map((feature) => (
          <TimeChart
            key={`${feature.kind} ${feature.feature}`}
            id={`${feature.kind} ${feature.feature}`}
            title={
              <>
                <FeatureLink model={data.model} feature={feature.feature} kind={feature.kind} />{" "}
                <span className="quiet">{words(feature, (ms) => whenText(ms, data.atMs, zone))}</span>
              </>
            }
            times={data.times}
            lines={[
              { name: methodShort(feature.method), values: feature.distances },
              { name: "threshold", values: feature.thresholds },
            ]}
            unit="count"
            zero
            annotations={
              feature.sinceMs === null ? marks : [...marks, { ts: feature.sinceMs, kind: "throttled" as const }]
            }
            firstColour={7}
          />
        ))}
      </div>
    </section>
  );
}

function words(
  { verdict, sinceMs, baseline, distance, threshold }: RankedFeature,
  when: (ms: number) => string,
): string {
  const against = `against ${baselineWords(baseline)}`;
  if (verdict === "drift") {
    const times =
      distance !== null && threshold !== null && threshold > 0
        ? `, ${(distance / threshold).toFixed(1)} x its threshold`
        : "";
    return `${sinceMs === null ? "moved" : `moved at ${when(sinceMs)}`}${times}, ${against}`;
  }
  if (verdict === "no_drift") return `has not moved (${distanceText(distance)}), ${against}`;
  return `${verdict === "data_quality" ? "bad data" : "not enough data"}, ${against}`;
}
