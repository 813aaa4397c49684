"use client";
import type { FeatureData } from "../../../../data/feature.ts";
import { formatUnit, UNKNOWN } from "../../../../format/unit.ts";
import type { Segment } from "../../../../models/segments.ts";
import { distanceText } from "../../../../models/verdicts.ts";

/** Which replicas, versions and label values the shift of this window comes from. */
export function Segments({ data }: { data: FeatureData }) {
  const { segments } = data;
  if (segments.length === 0) return null;
  const drifts = data.window?.verdict === "drift";
  const groups = [...Map.groupBy(segments, ({ of }) => of)];
  return (
    <section className="section" aria-label="Segments">
      <h2>
        {drifts ? sentence(segments) : "Segments"}{" "}
        <span className="quiet small">
          share of the shift: what would not be there had the segment been as the baseline
        </span>
      </h2>
      <div className="table-frame">
        <table className="segments-table">
          <thead>
            <tr>
              <th>Segment</th>
              <th />
              <th className="figure">Rows</th>
              <th className="figure">Share of rows</th>
              <th className="figure">Share of the shift</th>
              <th className="bar-cell" />
              <th className="figure" title="Half the summed difference of shares: 0 alike, 1 wholly different">
                Own distance (TVD)
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map(([of, rows]) =>
              rows.map((row, at) => (
                <SegmentRow key={`${of} ${row.value}`} row={row} first={at === 0} drifts={drifts} />
              )),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function SegmentRow({ row, first, drifts }: { row: Segment; first: boolean; drifts: boolean }) {
  const { of, value, rows, shareOfRows, shareOfShift, distance } = row;
  const width = Math.min(1, Math.abs(shareOfShift ?? 0)) * 100;
  // More of the shift than of the rows: it is where the change is.
  const stands = drifts && shareOfShift !== null && shareOfShift > 1.5 * shareOfRows && shareOfShift > 0.1;
  return (
    <tr>
      <td className="quiet">{first ? of : ""}</td>
      <td>{value === "" ? <span className="quiet">not told</span> : value}</td>
      <td className="figure">{formatUnit(rows, "count")}</td>
      <td className="figure">{formatUnit(100 * shareOfRows, "percent")}</td>
      <td className="figure">{shareOfShift === null ? UNKNOWN : formatUnit(100 * shareOfShift, "percent")}</td>
      <td className="bar-cell">
        {shareOfShift === null ? null : (
          <svg width="100%" height="12" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
            <rect x="0" y="2" height="8" width="100" fill="var(--sunken)" />
            <rect
              x="0"
              y="2"
              height="8"
              width={width}
              fill={stands ? "var(--warning-mark)" : shareOfShift < 0 ? "var(--series-2)" : "var(--text-faint)"}
            />
          </svg>
        )}
      </td>
      <td className="figure">{distanceText(distance)}</td>
    </tr>
  );
}

function sentence(segments: readonly Segment[]): string {
  const known = segments.filter(({ shareOfShift }) => shareOfShift !== null);
  const worst = known
    .filter(({ shareOfShift, shareOfRows }) => shareOfShift! > 0.3 && shareOfShift! > 1.5 * shareOfRows)
    .sort((a, b) => b.shareOfShift! / b.shareOfRows - a.shareOfShift! / a.shareOfRows)[0];
  if (worst !== undefined)
    return `${formatUnit(100 * worst.shareOfShift!, "percent", 2)} of the shift is ${worst.of} ${worst.value === "" ? "not told" : worst.value}, with ${formatUnit(100 * worst.shareOfRows, "percent", 2)} of the rows`;
  return known.length === 0 ? "Segments" : "The shift is spread over all segments";
}
