"use client";
import { useState } from "react";
import { Sparkline } from "../../components/chart/sparkline.tsx";
import { RangeLink } from "../../components/range-link.tsx";
import { useTimeZone } from "../../components/time-zone.tsx";
import type { ModelSummary, Performance } from "../../data/models.ts";
import { formatAbsolute, formatAgo } from "../../format/time.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";
import { kindWords } from "../../models/finding-view.ts";
import { hasMoved } from "../../models/headlines.ts";
import { latencyText } from "../../models/latency-unit.ts";
import type { Sort } from "../../models/model-order.ts";
import { modelPath } from "../../models/paths.ts";
import { rateText } from "../../models/rate.ts";
import { distanceText, methodShort } from "../../models/verdicts.ts";
import { whenText } from "../../models/when.ts";
import { VerdictMark } from "./verdict-mark.tsx";

type ModelTableProps = {
  readonly models: readonly ModelSummary[];
  readonly atMs: number;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
};

const SHOWN_AT_FIRST = 100;

const HEADS: readonly { readonly title: string; readonly sort: Sort | null; readonly figure?: boolean }[] = [
  { title: "Model", sort: "name" },
  { title: "State", sort: "urgency" },
  { title: "Farthest feature", sort: null },
  { title: "Distance / threshold", sort: "distance", figure: true },
  { title: "over time", sort: null },
  { title: "Rows", sort: "traffic", figure: true },
  { title: "Latency p50, p95", sort: "latency", figure: true },
  { title: "Missing", sort: "missing", figure: true },
  { title: "AUC est.", sort: "estimated", figure: true },
  { title: "real.", sort: "realised", figure: true },
  { title: "Heard", sort: null, figure: true },
];

export function ModelTable({ models, atMs, sort, onSort }: ModelTableProps) {
  const [all, setAll] = useState(false);
  const shown = all ? models : models.slice(0, SHOWN_AT_FIRST);
  return (
    <div className="table-frame">
      <table className="models">
        <thead>
          <tr>
            {HEADS.map(({ title, sort: by, figure }) => (
              <th
                key={title}
                className={figure === true ? "figure" : ""}
                {...(by === sort ? { "aria-sort": "other" as const } : {})}
              >
                {by === null ? (
                  title
                ) : (
                  <button type="button" onClick={() => onSort(by)}>
                    {title}
                    {by === sort ? " ▾" : ""}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((model) => (
            <ModelRow key={model.model} model={model} atMs={atMs} />
          ))}
        </tbody>
      </table>
      {models.length > SHOWN_AT_FIRST ? (
        <button type="button" className="more" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${models.length - SHOWN_AT_FIRST} more`}
        </button>
      ) : null}
    </div>
  );
}

function ModelRow({ model, atMs }: { model: ModelSummary; atMs: number }) {
  const zone = useTimeZone();
  const { drift, latency } = model;
  const versions = model.versions.filter((version) => version !== "");
  return (
    <tr className="link">
      <td>
        <RangeLink className="row" href={modelPath(model.model)}>
          {model.model}
        </RangeLink>
        {versions.length === 0 ? null : (
          <span className="quiet small" title={versions.join(", ")}>
            {" "}
            {versions[0]}
            {versions.length > 1 ? ` +${versions.length - 1}` : ""}
          </span>
        )}
      </td>
      <td className="state">
        <State model={model} atMs={atMs} />
      </td>
      <td className="name" title={drift?.worstFeature ?? ""}>
        {drift?.worstFeature ?? <span className="quiet">{UNKNOWN}</span>}
      </td>
      <td className="figure">
        {drift?.distance == null ? (
          UNKNOWN
        ) : (
          <span title={`${methodShort(drift.method)}, of ${drift.features} features`}>
            {methodShort(drift.method)} {distanceText(drift.distance)}{" "}
            <span className="quiet">/ {distanceText(drift.threshold)}</span>
          </span>
        )}
      </td>
      <td>
        <Sparkline values={model.history} label={`Distance over threshold of ${model.model}`} />
      </td>
      <td className="figure">{rateText(model.rowsPerSecond)}</td>
      <td className="figure" title={latency === null ? "no latency is observed" : latency.feature}>
        {latency === null ? (
          UNKNOWN
        ) : (
          <>
            {latencyText(latency.feature, latency.median)}{" "}
            <span className="quiet">{latencyText(latency.feature, latency.p95)}</span>
          </>
        )}
      </td>
      <td className="figure" title={drift?.missingRate == null ? "" : `of ${drift.missingFeature}`}>
        {drift?.missingRate == null ? UNKNOWN : formatUnit(drift.missingRate * 100, "percent", 2)}
      </td>
      <td className="figure">
        <PerformanceText performance={model.estimated} />
      </td>
      <td className="figure">
        <PerformanceText performance={model.realised} />
      </td>
      <td className="figure" title={formatAbsolute(model.lastMs, zone)}>
        {model.live ? formatAgo(model.lastMs, atMs) : whenText(model.lastMs, atMs, zone)}
      </td>
    </tr>
  );
}

function PerformanceText({ performance }: { performance: Performance | null }) {
  if (performance === null) return UNKNOWN;
  const { auc, accuracy, n } = performance;
  const title = `accuracy ${accuracy === null ? UNKNOWN : accuracy.toFixed(3)}, n = ${Math.round(n).toLocaleString("en-US")}`;
  return (
    <span title={title}>
      {auc === null ? (accuracy === null ? UNKNOWN : `${accuracy.toFixed(3)} acc.`) : auc.toFixed(3)}
    </span>
  );
}

/** The worst that is open, in two words, and since when. */
function State({ model, atMs }: { model: ModelSummary; atMs: number }) {
  const zone = useTimeZone();
  const { open, drift } = model;
  const worst =
    open.find(({ kind }) => kind === "broken_replica") ?? open.find(({ kind }) => kind === "drift") ?? open[0];
  if (worst !== undefined) {
    const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
    return (
      <VerdictMark
        verdict="drift"
        words={`${kindWords(worst.kind)}${more} since ${whenText(worst.fromMs, atMs, zone)}`}
      />
    );
  }
  if (drift === null) return <VerdictMark verdict="unknown" words="not judged" />;
  if (hasMoved(model)) return <VerdictMark verdict="drift" words={`${drift.drifting} of ${drift.features} moved`} />;
  if (drift.quality > 0) return <VerdictMark verdict="data_quality" />;
  if (drift.unsure === drift.features) return <VerdictMark verdict="not_enough_data" />;
  return <VerdictMark verdict="no_drift" />;
}
