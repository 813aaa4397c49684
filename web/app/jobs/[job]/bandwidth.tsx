"use client";
import { significant } from "../../../format/number.ts";
import { formatUnit } from "../../../format/unit.ts";
import type { BandwidthGroup, BandwidthRow } from "../../../jobs/bandwidth.ts";

const WIDTH = 360;
const HEIGHT = 28;

/** Communicators that do the same on one line each: who moves its data slower than the others. */
export function Bandwidth({ groups }: { groups: readonly BandwidthGroup[] }) {
  if (groups.length === 0) return null;
  return (
    <section className="section" aria-label="Communicators">
      <h2>
        Communicators against their peers <span className="quiet small">a dot each; further left is slower</span>
      </h2>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th>What they do</th>
              <th className="figure">Size</th>
              <th className="figure">Communicators</th>
              <th>Bus bandwidth</th>
              <th className="figure">Median</th>
              <th>Slowest</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <GroupRow key={`${group.title} ${group.bytes} ${group.rows[0]?.members}`} group={group} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function GroupRow({ group }: { group: BandwidthGroup }) {
  const speeds = group.rows.map(speedOf);
  const sorted = [...speeds].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? Number.NaN;
  const [slowest] = group.rows;
  const stands = slowest?.score != null && slowest.score >= 1.15;
  return (
    <tr>
      <td>
        {group.kind === "?" ? "" : `${group.kind} `}
        {group.collective} <span className="quiet small">of {slowest?.members} ranks</span>
      </td>
      <td className="figure">{group.bytes === null ? "" : formatUnit(group.bytes, "bytes")}</td>
      <td className="figure">{group.rows.length}</td>
      <td>
        <Dots rows={group.rows} median={median} />
      </td>
      <td className="figure">{group.rows[0]?.busbwGbs === null ? "" : `${significant(median)} GB/s`}</td>
      <td>
        {stands ? (
          <span className="state warning">
            <span className="mono">{slowest.communicator}</span> {slowest.score?.toFixed(2)} x longer
          </span>
        ) : (
          <span className="quiet">alike</span>
        )}
      </td>
    </tr>
  );
}

/** GB/s where bytes are told, else operations a second: either way more is faster. */
function speedOf(row: BandwidthRow): number {
  return row.busbwGbs ?? 1e6 / row.transferUs;
}

function Dots({ rows, median }: { rows: readonly BandwidthRow[]; median: number }) {
  const speeds = rows.map(speedOf);
  const low = Math.min(median * 0.5, ...speeds);
  const high = Math.max(median * 1.25, ...speeds);
  const x = (speed: number) => 6 + ((speed - low) / Math.max(high - low, 1e-9)) * (WIDTH - 12);
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={`Bandwidth of ${rows.length} communicators`}>
      <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} stroke="var(--line)" />
      <line x1={x(median)} x2={x(median)} y1="4" y2={HEIGHT - 4} stroke="var(--text-faint)" />
      {rows.map((row) => (
        <circle
          key={row.communicator}
          cx={x(speedOf(row))}
          cy={HEIGHT / 2}
          r="4"
          fill={row.score !== null && row.score >= 1.15 ? "var(--warning-mark)" : "var(--series-2)"}
          fillOpacity="0.7"
        >
          <title>{`${row.communicator}: ${row.busbwGbs === null ? `${Math.round(row.transferUs)} µs` : `${significant(row.busbwGbs)} GB/s`}${row.score === null ? "" : `, ${row.score.toFixed(2)} x its peers' time`}`}</title>
        </circle>
      ))}
    </svg>
  );
}
