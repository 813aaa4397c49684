"use client";
import { useState } from "react";
import { Sparkline } from "../../../components/chart/sparkline.tsx";
import { useTimeZone } from "../../../components/time-zone.tsx";
import type { ModelData } from "../../../data/model.ts";
import { formatUnit, UNKNOWN } from "../../../format/unit.ts";
import type { RankedFeature } from "../../../models/ranking.ts";
import { baselineTitle, distanceText, methodShort } from "../../../models/verdicts.ts";
import { whenText } from "../../../models/when.ts";
import { FeatureLink } from "../feature-link.tsx";
import { VerdictMark } from "../verdict-mark.tsx";

const SHOWN_AT_FIRST = 25;

/** Every feature, the one that moved most against its threshold first. */
export function FeatureTable({ data }: { data: ModelData }) {
  const [all, setAll] = useState(false);
  const { features } = data;
  if (features.length === 0) return null;
  const shown = all ? features : features.slice(0, SHOWN_AT_FIRST);
  return (
    <section className="section" aria-label="All features">
      <h2>
        Features by how far they moved{" "}
        <span className="quiet small">
          newest window of the baseline each is farthest from
          {data.featuresCut ? "; more are judged than are listed" : ""}
        </span>
      </h2>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th>Feature</th>
              <th>Verdict</th>
              <th className="figure">Over its threshold</th>
              <th />
              <th className="figure">Distance / threshold</th>
              <th className="figure">Expected noise</th>
              <th>over time</th>
              <th>Against</th>
              <th className="figure">Missing</th>
              <th className="figure">Rows</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((feature) => (
              <FeatureRow key={`${feature.kind} ${feature.feature}`} feature={feature} data={data} />
            ))}
          </tbody>
        </table>
        {features.length > SHOWN_AT_FIRST ? (
          <button type="button" className="more" onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show ${features.length - SHOWN_AT_FIRST} more`}
          </button>
        ) : null}
      </div>
    </section>
  );
}

function FeatureRow({ feature, data }: { feature: RankedFeature; data: ModelData }) {
  const zone = useTimeZone();
  const since = feature.sinceMs === null ? "" : ` since ${whenText(feature.sinceMs, data.atMs, zone)}`;
  return (
    <tr className="link" title={feature.reason}>
      <td>
        <FeatureLink className="row" model={data.model} feature={feature.feature} kind={feature.kind} />{" "}
        <span className="quiet small">{feature.kind}</span>
      </td>
      <td>
        {feature.verdict === "drift" ? (
          <VerdictMark verdict="drift" words={`drift${since}`} />
        ) : (
          <VerdictMark verdict={feature.verdict} />
        )}
      </td>
      <td className="figure">{feature.ratio === null ? UNKNOWN : `${feature.ratio.toFixed(2)} x`}</td>
      <td>
        <RatioBar ratio={feature.ratio} />
      </td>
      <td className="figure">
        {methodShort(feature.method)} {distanceText(feature.distance)}{" "}
        <span className="quiet">/ {distanceText(feature.threshold)}</span>
      </td>
      <td className="figure">{distanceText(feature.expected)}</td>
      <td>
        <Sparkline values={feature.distances} label={`Distance of ${feature.feature}`} />
      </td>
      <td className="quiet">{baselineTitle(feature.baseline)}</td>
      <td className="figure">
        {feature.missingRate === null ? UNKNOWN : formatUnit(feature.missingRate * 100, "percent", 2)}
      </td>
      <td className="figure">{formatUnit(feature.n, "count")}</td>
    </tr>
  );
}

const WIDTH = 96;
/** The threshold stands at a third, so that three times it fills the bar. */
const MOST = 3;

function RatioBar({ ratio }: { ratio: number | null }) {
  if (ratio === null) return null;
  const width = (Math.min(ratio, MOST) / MOST) * WIDTH;
  return (
    <svg width={WIDTH} height="12" aria-hidden="true" style={{ display: "block" }}>
      <rect x="0" y="3" width={WIDTH} height="6" fill="var(--sunken)" />
      <rect x="0" y="3" width={width} height="6" fill={ratio > 1 ? "var(--warning-mark)" : "var(--text-faint)"} />
      <line x1={WIDTH / MOST} x2={WIDTH / MOST} y1="0" y2="12" stroke="var(--text)" strokeWidth="1" />
    </svg>
  );
}
