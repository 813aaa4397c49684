"use client";
import { useTimeZone } from "../../../../components/time-zone.tsx";
import type { FeatureData } from "../../../../data/feature.ts";
import { formatUnit } from "../../../../format/unit.ts";
import { baselineWords, chanceText, distanceText, methodLong, methodShort } from "../../../../models/verdicts.ts";
import { whenText } from "../../../../models/when.ts";
import { VerdictMark } from "../../verdict-mark.tsx";

type Window = NonNullable<FeatureData["window"]>;

/** What the verdict of this window was made of, in words. */
export function RestsOn({ data }: { data: FeatureData }) {
  const zone = useTimeZone();
  const { window } = data;
  if (window === null) {
    return (
      <section className="section" aria-label="Verdict">
        <h2>Not judged yet</h2>
        <p className="quiet">
          No window of it is judged in this stretch: there is no reference, or too little history for the same hour of
          the weeks before. What is drawn above compares the newest window with those before it.
        </p>
      </section>
    );
  }
  const when = (ms: number) => whenText(ms, data.atMs, zone);
  const distances = Object.entries(window.distances).filter(([, value]) => value !== null);
  return (
    <section className="section" aria-label="Verdict">
      <h2>What the verdict rests on</h2>
      <p>
        <VerdictMark verdict={window.verdict} /> <span className="quiet">·</span> {window.reason}
      </p>
      <dl className="facts">
        {factsOf(window, `${when(data.sinceMs)} – ${when(data.untilMs)}`).map(([name, value, note]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value} {note === "" ? null : <div className="quiet small">{note}</div>}
            </dd>
          </div>
        ))}
      </dl>
      {distances.length === 0 ? null : (
        <details className="environment">
          <summary>All distances of this window</summary>
          <dl className="facts distances">
            {distances.map(([name, value]) => (
              <div key={name}>
                <dt className="mono">{name}</dt>
                <dd>{distanceText(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

function factsOf(window: Window, at: string): (readonly [string, string, string])[] {
  const { method, distance, threshold, expected, p, q, cells } = window;
  const share = (value: number | null) => formatUnit(value === null ? null : 100 * value, "percent", 2);
  return [
    ["Rows of this window", formatUnit(window.nCurrent, "count"), at],
    ["Rows compared with", formatUnit(window.nBaseline, "count"), baselineWords(window.baseline)],
    [`Distance, ${methodShort(method)}`, distanceText(distance), methodLong(method)],
    ["Threshold", distanceText(threshold), "fixed, or learnt from the baseline's own windows where that is more"],
    ["By chance alone", distanceText(expected), `expected of as many rows in ${cells} cells`],
    ["q", chanceText(q), "share of false alarms among the features of this window, were this one"],
    ["p", chanceText(p), "chi-square of counts, for how the traffic scatters by itself"],
    ["Missing", share(window.missingRate), "rows without a value"],
    ...(window.newShare === null
      ? []
      : [["In new categories", share(window.newShare), "that the baseline has not"] as const]),
    ...(window.lostShare === null
      ? []
      : [["In lost categories", share(window.lostShare), "of the baseline, not seen in this window"] as const]),
    ...(window.outside === null ? [] : [["Out of range", share(window.outside), "of the baseline's values"] as const]),
  ];
}
