"use client";
import type { Evidence } from "@lockstep/schemas/domain/finding";
import { TimeChart } from "../../../components/chart/time-chart.tsx";
import { RangeLink } from "../../../components/range-link.tsx";
import { Since } from "../../../components/time-zone.tsx";
import { useRead } from "../../../components/use-read.ts";
import type { GpuData } from "../../../data/gpu.ts";
import { gpuPath, nodePath } from "../../../fleet/gpu.ts";
import { significant } from "../../../format/number.ts";
import { type FindingView, kindWords } from "../../../jobs/finding-view.ts";
import { gpuTime } from "../../../jobs/losses.ts";
import { causeWords } from "../finding-list.tsx";

const MAX_SHOWN = 4;

/** Each open finding with the numbers it rests on, and its GPU over the same time. */
export function Suspects({ findings, atMs }: { findings: readonly FindingView[]; atMs: number }) {
  const open = findings.filter(({ closedMs }) => closedMs === null).slice(0, MAX_SHOWN);
  if (open.length === 0) return null;
  return (
    <section className="section" aria-label="Suspects">
      <h2>{open.length === 1 ? "The suspect" : "Suspects"}</h2>
      {open.map((finding) => (
        <Suspect key={finding.id} finding={finding} atMs={atMs} />
      ))}
    </section>
  );
}

function Suspect({ finding, atMs }: { finding: FindingView; atMs: number }) {
  return (
    <article className="suspect">
      <div className="suspect-told">
        <h3>{finding.summary}</h3>
        <p>
          {causeWords(finding)}
          <span className="quiet"> · {finding.confidence} confidence</span>
        </p>
        <p className="quiet small">
          {kindWords(finding.kind)}, <Since ms={finding.openedMs} nowMs={atMs} earlier={false} />,{" "}
          {gpuTime(finding.wasteGpuSeconds)} lost so far
          {finding.node === null ? null : (
            <>
              {" · "}
              <RangeLink href={nodePath(finding.node)}>{finding.node}</RangeLink>
            </>
          )}
          {finding.gpu === null ? null : (
            <>
              {" · "}
              <RangeLink href={gpuPath(finding.gpu)}>{finding.gpu.slice(0, 12)}</RangeLink>
            </>
          )}
        </p>
        <EvidenceTable evidence={finding.evidence} />
      </div>
      {finding.gpu === null ? null : <GpuCharts gpu={finding.gpu} openedMs={finding.openedMs} />}
    </article>
  );
}

export function EvidenceTable({ evidence }: { evidence: readonly Evidence[] }) {
  if (evidence.length === 0) return null;
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>Evidence</th>
            <th className="figure">Suspect</th>
            <th className="figure">Peers, median</th>
            <th className="figure">Peers, range</th>
            <th className="figure">z</th>
          </tr>
        </thead>
        <tbody>
          {evidence.map(({ what, value, unit, peers, z }) => (
            <tr key={what}>
              <td className="wrap">{what}</td>
              <td className="figure">{withUnit(value, unit)}</td>
              <td className="figure">{peers === undefined ? "" : withUnit(peers.median, unit)}</td>
              <td className="figure">
                {peers === undefined ? "" : `${withUnit(peers.low, unit)} to ${withUnit(peers.high, unit)}`}
              </td>
              <td className="figure">{z === undefined ? "" : significant(z)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function withUnit(value: number | string, unit: string): string {
  const [shown, of] = typeof value === "number" && unit === "us" ? microseconds(value) : [value, unit];
  const text = typeof shown === "number" ? significant(shown) : shown;
  return of === "" ? text : `${text} ${of === "C" ? "°C" : of}`;
}

function microseconds(us: number): [number, string] {
  if (Math.abs(us) >= 1e6) return [us / 1e6, "s"];
  return Math.abs(us) >= 1000 ? [us / 1000, "ms"] : [us, "µs"];
}

const SHOWN_CHARTS = ["clocks", "temperature", "power"];

/** The GPU's telemetry at the same moments. */
function GpuCharts({ gpu, openedMs }: { gpu: string; openedMs: number }) {
  const { data } = useRead<GpuData | null>("gpu", { gpu }, null);
  if (data === null) return null;
  const charts = data.charts.filter(({ id }) => SHOWN_CHARTS.includes(id));
  return (
    <div className="suspect-charts">
      {charts.map((chart) => (
        <TimeChart
          key={chart.id}
          id={`${gpu} ${chart.id}`}
          title={chart.title}
          times={data.times}
          lines={chart.lines}
          unit={chart.unit}
          annotations={[{ ts: openedMs, kind: "throttled" }]}
        />
      ))}
    </div>
  );
}
