"use client";
import { useQueryStates } from "nuqs";
import { useTimeZone } from "../../../../components/time-zone.tsx";
import type { FeatureData } from "../../../../data/feature.ts";
import { formatUnit } from "../../../../format/unit.ts";
import { canBeLog, usualScale } from "../../../../models/cell-axis.ts";
import { baselineTitle } from "../../../../models/verdicts.ts";
import { whenText } from "../../../../models/when.ts";
import { CategoryChart } from "./category-chart.tsx";
import { HistogramChart } from "./histogram-chart.tsx";
import { featureParsers } from "./search-params.ts";

/** What was seen in the window beside what it is compared with, and how to look at it. */
export function HistogramSection({ data }: { data: FeatureData }) {
  const [search, setSearch] = useQueryStates(featureParsers);
  const zone = useTimeZone();
  const { histogram } = data;
  const when = (ms: number) => whenText(ms, data.atMs, zone);
  const isNumeric = histogram?.form === "numbers";
  const log = isNumeric && canBeLog(histogram.bounds);
  const scale = isNumeric && log ? (search.axis ?? usualScale(histogram.bounds)) : "linear";
  return (
    <section className="section" aria-label="Histogram">
      <div className="fleet-tools">
        <Choice
          title="Compared with"
          options={data.comparisons.map(({ baseline, version }) => ({
            key: `${version}\n${baseline}`,
            title:
              versionsOf(data) > 1 && version !== ""
                ? `${baselineTitle(baseline)} · ${version}`
                : baselineTitle(baseline),
            pressed: data.comparisons[0]?.baseline === baseline && data.comparisons[0]?.version === version,
            choose: () => void setSearch({ baseline, version: version === "" ? null : version }),
          }))}
          stable
        />
        <Choice
          title="Shown as"
          options={(["shares", "counts"] as const).map((as) => ({
            key: as,
            title: as === "shares" ? "Shares" : "Counts",
            pressed: search.as === as,
            choose: () => void setSearch({ as }),
          }))}
        />
        {log ? (
          <Choice
            title="Axis"
            options={(["linear", "log"] as const).map((axis) => ({
              key: axis,
              title: axis === "log" ? "Log axis" : "Linear axis",
              pressed: scale === axis,
              choose: () => void setSearch({ axis }),
            }))}
          />
        ) : null}
        <span className="end window-choice">
          <button
            type="button"
            className="button"
            disabled={data.earlierMs === null}
            onClick={() => void setSearch({ at: data.earlierMs })}
          >
            ‹ Earlier window
          </button>
          <span className="small">
            {when(data.sinceMs)} – {when(data.untilMs)}
          </span>
          <button
            type="button"
            className="button"
            disabled={data.laterMs === null}
            onClick={() => void setSearch({ at: data.laterMs })}
          >
            Later ›
          </button>
          {data.laterMs === null ? null : (
            <button type="button" className="button" onClick={() => void setSearch({ at: null })}>
              Newest
            </button>
          )}
        </span>
      </div>
      <ul className="legend-line">
        <li>
          <span className="outline current" />
          this window <span className="figure">{formatUnit(data.nCurrent, "count")} rows</span>
        </li>
        {data.comparedWith === null || data.nBaseline === 0 ? (
          <li className="quiet">
            <i className="mark-unknown" />
            {data.comparedWith === null
              ? "what it was compared with is not kept as histograms"
              : `nothing is kept of ${data.comparedWith}`}
          </li>
        ) : (
          <li>
            <span className="outline baseline" />
            {data.comparedWith} <span className="figure">{formatUnit(data.nBaseline, "count")} rows</span>
            {search.as === "counts" ? <span className="quiet">drawn as if as many as this window</span> : null}
          </li>
        )}
        {data.missing.current > 0 ? <li className="quiet">{missingText(data)}</li> : null}
        {isNumeric && histogram.approximate ? (
          <li className="quiet">counted over unlike bounds: shared out within cells, approximate</li>
        ) : null}
        {isNumeric && histogram.joined ? <li className="quiet">neighbouring cells are joined to be drawn</li> : null}
      </ul>
      {histogram === null ? (
        <p className="quiet">Of this window no histogram is kept.</p>
      ) : histogram.form === "numbers" ? (
        <HistogramChart view={histogram} as={search.as} scale={scale} hasBaseline={data.nBaseline > 0} />
      ) : (
        <CategoryChart view={histogram} as={search.as} hasBaseline={data.nBaseline > 0} />
      )}
    </section>
  );
}

function versionsOf({ comparisons }: FeatureData): number {
  return new Set(comparisons.map(({ version }) => version)).size;
}

function missingText({ missing, nCurrent, nBaseline }: FeatureData): string {
  const now = formatUnit((100 * missing.current) / (missing.current + nCurrent), "percent", 2);
  if (nBaseline === 0) return `${now} without a value`;
  const before = formatUnit((100 * missing.baseline) / (missing.baseline + nBaseline), "percent", 2);
  return `${now} without a value (baseline ${before})`;
}

type Option = { readonly key: string; readonly title: string; readonly pressed: boolean; readonly choose: () => void };

function Choice({ title, options, stable = false }: { title: string; options: readonly Option[]; stable?: boolean }) {
  if (options.length < 2) return null;
  // The chosen one comes first in the data; on the page each keeps its place.
  const shown = stable ? [...options].sort((a, b) => (a.title < b.title ? -1 : 1)) : options;
  return (
    <fieldset className="segments" style={{ margin: 0, padding: 0 }}>
      <legend className="visually-hidden">{title}</legend>
      {shown.map(({ key, title: text, pressed, choose }) => (
        <button key={key} type="button" aria-pressed={pressed} onClick={choose}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
