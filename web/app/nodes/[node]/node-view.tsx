"use client";
import { AttentionList } from "../../../components/attention-list.tsx";
import { Sparkline } from "../../../components/chart/sparkline.tsx";
import { TimeChart } from "../../../components/chart/time-chart.tsx";
import { stateWords } from "../../../components/heat-map/hover-card.tsx";
import { HeldUpJobs } from "../../../components/held-up-jobs.tsx";
import { ProblemNotice, StaleNote } from "../../../components/problem.tsx";
import { RangeLink } from "../../../components/range-link.tsx";
import { StateMark } from "../../../components/state-mark.tsx";
import { useRead } from "../../../components/use-read.ts";
import type { NodeData } from "../../../data/node.ts";
import type { Outcome } from "../../../data/problem.ts";
import { peersFinding } from "../../../fleet/findings.ts";
import { type Gpu, gpuPath, memoryShare, nodePath, shortName } from "../../../fleet/gpu.ts";
import { physicalGpus } from "../../../fleet/summary.ts";
import { count } from "../../../format/number.ts";
import { formatUnit, UNKNOWN } from "../../../format/unit.ts";

export function NodeView({ node, initial }: { node: string; initial: Outcome<NodeData | null> }) {
  const { data, problem } = useRead<NodeData | null>("node", { node }, initial);
  return (
    <main className="page">
      {data === null ? null : <StaleNote problem={problem} />}
      <div className="headline">
        <div className="title">
          <h1>{data === null ? node : nodeHeadline(data)}</h1>
        </div>
        {data === null ? null : <NodeFacts gpus={data.gpus} />}
      </div>
      {data !== null ? <NodeBody data={data} /> : problem !== null ? <ProblemNotice problem={problem} /> : null}
    </main>
  );
}

function nodeHeadline({ node, gpus, attention }: NodeData): string {
  const all = physicalGpus(gpus);
  const down = all.filter((gpu) => gpu.state === "down").length;
  if (down === all.length) return `${node} is down`;
  if (down > 0) return `${node}: ${down} of ${count(all.length, "GPU")} down`;
  const waiting = all.filter((gpu) => gpu.state === "waiting").length;
  if (waiting > 0) return `${node}: ${waiting} of ${count(all.length, "GPU")} not scraped yet`;
  const throttled = attention.filter((item) => item.kind === "throttled").length;
  const xid = attention.filter((item) => item.kind === "xid").length;
  const wrong = [
    ...(throttled > 0 ? [`${throttled} thermally throttled`] : []),
    ...(xid > 0 ? [`${xid} with an XID error`] : []),
  ];
  const up = all.length === 1 ? `${node}: its GPU is up` : `${node}: all ${all.length} GPUs are up`;
  return [up, ...wrong].join(", ");
}

function NodeFacts({ gpus }: { gpus: readonly Gpu[] }) {
  const distinct = (values: readonly (string | null)[]) => [...new Set(values.filter((value) => value !== null))];
  const facts = [
    distinct(gpus.map((gpu) => gpu.model)).join(", "),
    distinct(gpus.map((gpu) => gpu.driver))
      .map((driver) => `driver ${driver}`)
      .join(", "),
    distinct(gpus.map((gpu) => gpu.instance))
      .map((instance) => `target ${instance}`)
      .join(", "),
  ];
  return <p className="quiet">{facts.filter((fact) => fact !== "").join(" · ")}</p>;
}

function NodeBody({ data }: { data: NodeData }) {
  return (
    <>
      <AttentionList items={data.attention} atMs={data.atMs} here={nodePath(data.node)} />
      <HeldUpJobs node={data.node} />
      <GpuRows data={data} />
      <section className="section" aria-label="GPUs over time">
        <h2>Its GPUs over this range</h2>
        <div className="charts many">
          {data.charts.map((chart) => {
            const finding = peersFinding(chart);
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
        </div>
      </section>
    </>
  );
}

function GpuRows({ data }: { data: NodeData }) {
  const utilisation = data.charts.find((chart) => chart.id === "utilisation");
  const temperature = data.charts.find((chart) => chart.id === "temperature");
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>GPU</th>
            <th>State</th>
            <th>Pod</th>
            <th className="figure">Utilisation</th>
            <th>over this range</th>
            <th className="figure">Temperature</th>
            <th>over this range</th>
            <th className="figure">Power</th>
            <th className="figure">SM clock</th>
            <th className="figure">Memory used</th>
          </tr>
        </thead>
        <tbody>
          {data.gpus.map((gpu) => {
            const name = shortName(gpu);
            const share = memoryShare(gpu.values);
            const spark = (chart: typeof utilisation) => chart?.lines.find((line) => line.name === name)?.values ?? [];
            return (
              <tr key={gpu.key} className="link">
                <td>
                  <RangeLink className="row" href={gpuPath(gpu.key)}>
                    {name}
                  </RangeLink>
                </td>
                <td>
                  <StateMark state={gpu.state} words={stateWords(gpu)} />
                </td>
                <td>{gpu.pod === null ? UNKNOWN : `${gpu.namespace ?? UNKNOWN}/${gpu.pod}`}</td>
                <td className="figure">{formatUnit(gpu.values.utilisation, "percent")}</td>
                <td>
                  <Sparkline values={spark(utilisation)} label={`Utilisation of ${name}`} />
                </td>
                <td className="figure">{formatUnit(gpu.values.temperature, "celsius")}</td>
                <td>
                  <Sparkline values={spark(temperature)} label={`Temperature of ${name}`} />
                </td>
                <td className="figure">{formatUnit(gpu.values.power, "watts")}</td>
                <td className="figure">{formatUnit(gpu.values.smClock, "megahertz")}</td>
                <td className="figure">
                  {formatUnit(gpu.values.memoryUsed, "bytes")}
                  {share === null ? "" : ` (${formatUnit(share, "percent")})`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
