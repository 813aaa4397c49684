"use client";
import { AttentionList } from "../../../components/attention-list.tsx";
import { TimeChart } from "../../../components/chart/time-chart.tsx";
import { Figures } from "../../../components/figures.tsx";
import { HeldUpJobs } from "../../../components/held-up-jobs.tsx";
import { ProblemNotice, StaleNote } from "../../../components/problem.tsx";
import { RangeLink } from "../../../components/range-link.tsx";
import { useTimeZone } from "../../../components/time-zone.tsx";
import { useRead } from "../../../components/use-read.ts";
import type { GpuData } from "../../../data/gpu.ts";
import type { Outcome } from "../../../data/problem.ts";
import { type ChartGroup, GROUP_TITLES } from "../../../fleet/catalog.ts";
import { reasonWords } from "../../../fleet/clock-reasons.ts";
import { chartFinding } from "../../../fleet/findings.ts";
import { fullName, type Gpu, memoryShare, nodePath } from "../../../fleet/gpu.ts";
import { formatClock } from "../../../format/time.ts";
import { formatUnit, UNKNOWN } from "../../../format/unit.ts";
import { Errors } from "./errors.tsx";
import { Reasons } from "./reasons.tsx";

export function GpuView({ gpuKey, initial }: { gpuKey: string; initial: Outcome<GpuData | null> }) {
  const { data, problem } = useRead<GpuData | null>("gpu", { gpu: gpuKey }, initial);
  if (data === null) {
    return (
      <main className="page">
        <h1>{gpuKey}</h1>
        {problem === null ? null : <ProblemNotice problem={problem} />}
      </main>
    );
  }
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <div className="headline">
        <h1>{headlineOf(data)}</h1>
        <Place gpu={data.gpu} />
      </div>
      <AttentionList items={data.attention} atMs={data.atMs} here />
      <HeldUpJobs gpu={data.gpu.key} />
      <GpuFigures gpu={data.gpu} />
      <Group group="clocks" data={data} />
      <Group group="power" data={data} />
      <Group group="activity" data={data} />
      <div className="beside">
        <Group group="memory" data={data} />
        <Errors data={data} />
      </div>
      <Group group="interconnect" data={data} />
      <Group group="other" data={data} />
      <Steady values={data.steady} />
      <Facts gpu={data.gpu} />
    </main>
  );
}

function headlineOf({ gpu }: GpuData): string {
  const name = fullName(gpu);
  if (gpu.state === "down") return `${name} is down: ${gpu.why ?? "no sample"}`;
  if (gpu.state === "waiting") return `${name} is ${gpu.why ?? "not scraped yet"}`;
  if (gpu.state === "xid") return `${name} reports an XID error`;
  if (gpu.state === "throttled") return `${name} is thermally throttled`;
  return `${name} is up and not throttled`;
}

function Place({ gpu }: { gpu: Gpu }) {
  return (
    <p className="quiet">
      {gpu.model ?? "model not told"} · on <RangeLink href={nodePath(gpu.node)}>{gpu.node}</RangeLink> ·{" "}
      {gpu.pod === null ? "no pod" : `pod ${gpu.namespace ?? UNKNOWN}/${gpu.pod}`}
    </p>
  );
}

function GpuFigures({ gpu }: { gpu: Gpu }) {
  const { values } = gpu;
  const share = memoryShare(values);
  return (
    <Figures
      items={[
        { title: "Utilisation", value: formatUnit(values.utilisation, "percent") },
        {
          title: "Temperature",
          value: formatUnit(values.temperature, "celsius"),
          note:
            values.memoryTemperature === undefined
              ? undefined
              : `memory ${formatUnit(values.memoryTemperature, "celsius")}`,
        },
        { title: "Power", value: formatUnit(values.power, "watts") },
        {
          title: "SM clock",
          value: formatUnit(values.smClock, "megahertz"),
          note: clockNote(values),
        },
        {
          title: "Memory used",
          value: formatUnit(values.memoryUsed, "bytes"),
          note: share === null ? undefined : `${formatUnit(share, "percent")} of it`,
        },
      ]}
    />
  );
}

/** A slow-down that pauses for less, at a checkpoint say, is one. */
const BREAK_MS = 300_000;

function clockNote(values: Gpu["values"]): string | undefined {
  if (values.clockReasons !== undefined) return reasonWords(values.clockReasons);
  return values.smClock === undefined ? undefined : "why it is so is not reported";
}

function Group({ group, data }: { group: ChartGroup; data: GpuData }) {
  const zone = useTimeZone();
  const charts = data.charts.filter((chart) => chart.group === group);
  if (charts.length === 0 && !(group === "clocks" && (data.reasons !== null || data.held.length > 0))) return null;
  const clock = (position: number) => formatClock(data.times[position] ?? data.atMs, data.atMs, zone);
  return (
    <section className="section" aria-label={GROUP_TITLES[group]}>
      <h2>{GROUP_TITLES[group]}</h2>
      <div className="charts">
        {charts.map((chart) => {
          const finding = chartFinding(chart, data.reasons, clock, Math.floor(BREAK_MS / data.stepMs));
          return (
            <TimeChart
              key={chart.id}
              id={chart.id}
              title={
                <>
                  {finding.subject} <span className="quiet">{finding.words}</span>
                </>
              }
              times={data.times}
              lines={chart.lines}
              unit={chart.unit}
            />
          );
        })}
        {group === "clocks" ? <Reasons data={data} /> : null}
      </div>
    </section>
  );
}

function Steady({ values }: { values: GpuData["steady"] }) {
  if (values.length === 0) return null;
  return (
    <section className="section" aria-label="Unchanged in this range">
      <h2>Unchanged in this range</h2>
      <dl className="facts">
        {values.map((steady) => (
          <div key={steady.id}>
            <dt className={steady.verbatim ? "mono" : ""}>{steady.title}</dt>
            <dd>
              {formatUnit(steady.value, steady.unit)}
              {steady.current ? null : <span className="quiet small"> when last seen</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Facts({ gpu }: { gpu: Gpu }) {
  const facts: readonly (readonly [string, string | null])[] = [
    ["UUID", gpu.uuid],
    [
      "MIG instance",
      gpu.instanceId === null ? null : `${gpu.instanceId} (${gpu.instanceProfile ?? "profile not told"})`,
    ],
    ["PCI bus", gpu.pciBus],
    ["Model", gpu.model],
    ["Driver", gpu.driver],
    ["Namespace", gpu.namespace],
    ["Pod", gpu.pod],
    ["Container", gpu.container],
    ["Target", `${gpu.job} ${gpu.instance}`],
  ];
  return (
    <section className="section" aria-label="Identity">
      <h2>Identity</h2>
      <dl className="facts">
        {facts.map(([name, value]) =>
          value === null && name === "MIG instance" ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd className={name === "UUID" || name === "PCI bus" ? "mono" : ""}>{value ?? UNKNOWN}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
