"use client";
import { RangeLink } from "../../../components/range-link.tsx";
import type { JobWindowData } from "../../../data/job.ts";
import { gpuPath, nodePath } from "../../../fleet/gpu.ts";
import { significant } from "../../../format/number.ts";
import { formatUnit, UNKNOWN } from "../../../format/unit.ts";
import { gpuTime } from "../../../jobs/losses.ts";

/** The ranks that stand out most in the last window. */
export function RankTable({ window }: { window: JobWindowData }) {
  if (window.ranks.length === 0) return null;
  const last = window.firstStep + window.steps - 1;
  return (
    <section className="section" aria-label="Ranks">
      <h2>
        Ranks that stand out{" "}
        <span className="quiet small">
          in steps {window.firstStep.toLocaleString("en-US")} to {last.toLocaleString("en-US")}
          {window.cut ? ", fewer than usual because the job is so large" : ""}
        </span>
      </h2>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th>Rank</th>
              <th>Node</th>
              <th>GPU</th>
              <th className="figure">Stage</th>
              <th className="figure">Self time</th>
              <th className="figure">Against its peers</th>
              <th className="figure">z</th>
              <th className="figure">Peers</th>
              <th className="figure">Late by</th>
              <th className="figure">Others waited for it</th>
              <th className="figure">It waited</th>
            </tr>
          </thead>
          <tbody>
            {window.ranks.map((row) => (
              <tr key={row.process}>
                <td title={row.process}>{row.rank}</td>
                <td>{row.node === null ? UNKNOWN : <RangeLink href={nodePath(row.node)}>{row.node}</RangeLink>}</td>
                <td>
                  {row.gpu === null ? UNKNOWN : <RangeLink href={gpuPath(row.gpu)}>{row.gpu.slice(0, 12)}</RangeLink>}
                </td>
                <td className="figure">{row.stage ?? UNKNOWN}</td>
                <td className="figure">{row.selfUs === null ? UNKNOWN : formatUnit(row.selfUs / 1e6, "seconds")}</td>
                <td className="figure">{row.score === null ? UNKNOWN : `${row.score.toFixed(2)} x`}</td>
                <td className="figure">{row.z === null ? UNKNOWN : significant(row.z, 2)}</td>
                <td className="figure">{row.peers}</td>
                <td className="figure">
                  {row.lateness === null ? UNKNOWN : formatUnit(row.lateness * 100, "percent", 2)}
                </td>
                <td className="figure">{row.caused === null ? UNKNOWN : gpuTime(row.caused)}</td>
                <td className="figure">{row.waited === null ? UNKNOWN : gpuTime(row.waited)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
