"use client";
import { useTimeZone } from "../../../components/time-zone.tsx";
import type { ErrorCount, GpuData } from "../../../data/gpu.ts";
import { xidWords } from "../../../fleet/xid.ts";
import { formatClock } from "../../../format/time.ts";
import { formatUnit } from "../../../format/unit.ts";

/** Errors: what rose in the range first, then what is not zero, and in one sentence what is. */
export function Errors({ data }: { data: GpuData }) {
  const zone = useTimeZone();
  const clock = (position: number) => formatClock(data.times[position] ?? data.atMs, data.atMs, zone);
  const rose = data.errors.filter((error) => (error.rise ?? 0) > 0);
  const standing = data.errors.filter((error) => (error.rise ?? 0) === 0 && (error.now ?? 0) !== 0);
  const zero = data.errors.filter((error) => error.now === 0 && (error.rise ?? 0) === 0);
  const unknown = data.errors.filter((error) => error.now === null && error.rise === null);
  const rows = [...rose, ...standing];
  return (
    <section className="section" aria-label="Errors">
      <h2>{titleOf(rose, data)}</h2>
      {data.xids.length === 0 ? null : (
        <ul>
          {data.xids.map((xid) => (
            <li key={`${xid.code} ${xid.span.from}`}>
              {xidWords(xid.code)},{" "}
              {xid.span.from === 0 ? "through the start of this range" : `from ${clock(xid.span.from)}`}
              {xid.span.to >= data.times.length - 2 ? " until now" : ` to ${clock(xid.span.to)}`}
            </li>
          ))}
        </ul>
      )}
      {rows.length === 0 ? null : <Counts rows={rows} />}
      <p className="quiet">
        {zero.length > 0 ? `At zero: ${zero.map((error) => error.words).join("; ")}. ` : ""}
        {unknown.length > 0 ? `Not known in this range: ${unknown.map((error) => error.words).join("; ")}.` : ""}
        {data.errors.length === 0 ? "This GPU's exporter reports no error counters." : ""}
      </p>
    </section>
  );
}

function titleOf(rose: readonly ErrorCount[], data: GpuData): string {
  if (rose.length === 0 && data.xids.length === 0) return "No new error in this range";
  const parts = [
    ...(data.xids.length > 0 ? [`XID ${[...new Set(data.xids.map((xid) => xid.code))].join(", ")}`] : []),
    ...rose.map((error) => error.words),
  ];
  return `Errors in this range: ${parts.join("; ")}`;
}

function Counts({ rows }: { rows: readonly ErrorCount[] }) {
  return (
    <div className="table-frame">
      <table style={{ width: "auto" }}>
        <thead>
          <tr>
            <th>Errors</th>
            <th className="figure">In this range</th>
            <th className="figure">Now</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((error) => (
            <tr key={error.metric}>
              <td title={error.metric}>{error.words}</td>
              <td className="figure">
                {error.rise !== null && error.rise > 0 ? `+${formatUnit(error.rise, "count")}` : "0"}
              </td>
              <td className="figure">{formatUnit(error.now, "count")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
