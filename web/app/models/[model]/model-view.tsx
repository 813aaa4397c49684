"use client";
import { TimeChart } from "../../../components/chart/time-chart.tsx";
import { Figures } from "../../../components/figures.tsx";
import { ProblemNotice, StaleNote } from "../../../components/problem.tsx";
import { RangeLink } from "../../../components/range-link.tsx";
import { useTimeZone } from "../../../components/time-zone.tsx";
import { useRead } from "../../../components/use-read.ts";
import type { ModelData } from "../../../data/model.ts";
import type { Outcome } from "../../../data/problem.ts";
import { count } from "../../../format/number.ts";
import { formatUnit } from "../../../format/unit.ts";
import { annotationsOf } from "../../../models/annotations.ts";
import { modelHeadline } from "../../../models/headlines.ts";
import { latencyText } from "../../../models/latency-unit.ts";
import { whenText } from "../../../models/when.ts";
import { MarksList } from "../marks-list.tsx";
import { ModelFindingList } from "../model-finding-list.tsx";
import { StretchNote } from "../stretch-note.tsx";
import { FeatureMultiples } from "./feature-multiples.tsx";
import { FeatureTable } from "./feature-table.tsx";
import { PastFindings } from "./past-findings.tsx";
import { PerformanceCharts } from "./performance-charts.tsx";
import { Replicas } from "./replicas.tsx";
import { Versions } from "./versions.tsx";

export function ModelView({ model, initial }: { model: string; initial: Outcome<ModelData | null> }) {
  const { data, problem } = useRead<ModelData | null>("model", { model }, initial, { soon: isBeginning });
  const zone = useTimeZone();
  if (data === null) {
    return (
      <main className="page">
        <h1>{model}</h1>
        {problem === null ? (
          <p className="quiet">Nothing of this model was ever heard.</p>
        ) : (
          <ProblemNotice problem={problem} />
        )}
      </main>
    );
  }
  const open = data.findings.filter(({ closedMs }) => closedMs === null);
  const moved = data.features.filter(({ verdict }) => verdict === "drift");
  const began = moved.map(({ sinceMs }) => sinceMs).filter((ms) => ms !== null);
  const annotations = annotationsOf(data.marks, began);
  return (
    <main className="page models">
      <StaleNote problem={problem} />
      <div className="headline">
        <div className="title">
          <span className="crumb">
            <RangeLink href="/models">Models</RangeLink> ›
          </span>
          <h1>{modelHeadline(data, (ms) => whenText(ms, data.atMs, zone))}</h1>
        </div>
        <p className="quiet">
          {factsOf(data)}
          <StretchNote {...data} />
        </p>
      </div>
      <ModelFindingList findings={open} atMs={data.atMs} />
      <Figures items={figuresOf(data)} />
      {data.features.length === 0 ? <NotJudged data={data} /> : null}
      <FeatureMultiples data={data} annotations={annotations} />
      <MarksList marks={data.marks} drift={began.length > 0} atMs={data.atMs} />
      <FeatureTable data={data} />
      <Replicas replicas={data.replicas} drifts={moved.length > 0} model={model} />
      <Versions versions={data.versions} model={model} atMs={data.atMs} />
      <PerformanceCharts data={data} annotations={annotations} />
      {data.traffic.lines.length === 0 ? null : (
        <section className="section" aria-label="Traffic">
          <TimeChart
            id="traffic"
            title={
              <>
                Rows a {data.traffic.per} <span className="quiet">by version, of the input that most rows have</span>
              </>
            }
            times={data.times}
            lines={data.traffic.lines}
            unit="count"
            zero
            annotations={annotations}
            firstColour={2}
          />
        </section>
      )}
      <PastFindings findings={data.findings} />
    </main>
  );
}

function isBeginning(data: ModelData | null): boolean {
  return data === null || (data.live && data.features.length === 0);
}

function NotJudged({ data }: { data: ModelData }) {
  const why = data.hasTraining
    ? "It has a reference; its windows are judged as they are complete."
    : "It has no training reference. Against the same hour of the weeks before it is judged once there is enough history; a reference is made at once by";
  return (
    <p className="quiet">
      No window of this model is judged in this stretch. {why}{" "}
      {data.hasTraining ? null : <code>lockstep baseline create {data.model} --window A..B</code>}
    </p>
  );
}

function factsOf({ versions, features, replicas, stepMs }: ModelData): string {
  const named = versions.filter(({ version }) => version !== "");
  const facts = [];
  if (named.length > 0)
    facts.push(`version ${named[0]!.version}${named.length > 1 ? ` and ${named.length - 1} before` : ""}`);
  if (features.length > 0) facts.push(count(features.length, "judged feature"));
  if (replicas.length > 0) facts.push(count(replicas.length, "replica"));
  if (stepMs > 0) facts.push(`windows of ${windowText(stepMs)} a point`);
  return facts.join(" · ");
}

function windowText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

function figuresOf({ features, traffic, latencies, performance, live }: ModelData) {
  const judged = features.filter(({ verdict }) => verdict === "drift" || verdict === "no_drift");
  const moved = features.filter(({ verdict }) => verdict === "drift");
  const [latency] = latencies;
  const missing = features.reduce((most, { missingRate }) => Math.max(most, missingRate ?? -1), -1);
  const of = features.find(({ missingRate }) => missingRate === missing);
  const { estimated = null, realised = null } = performance?.newest ?? {};
  return [
    {
      title: "Features that moved",
      value: features.length === 0 ? "–" : `${moved.length} of ${judged.length}`,
      note: features.length > judged.length ? `${features.length - judged.length} without a verdict` : "newest window",
    },
    {
      title: `Rows a ${traffic.per}`,
      value: formatUnit(traffic.newest, "count"),
      note: live ? "newest complete point" : "at the end of it",
    },
    {
      title: "Latency, median",
      value: latency === undefined ? "–" : latencyText(latency.feature, latency.median),
      note:
        latency === undefined
          ? "none is observed"
          : `p95 ${latencyText(latency.feature, latency.p95)} · ${latency.feature}`,
    },
    {
      title: "Most values missing",
      value: missing < 0 ? "–" : formatUnit(missing * 100, "percent", 2),
      note: missing > 0 && of !== undefined ? `of ${of.feature}` : "newest window",
    },
    {
      title: "AUC, estimated",
      value: estimated?.auc == null ? "–" : estimated.auc.toFixed(3),
      note:
        realised?.auc == null
          ? estimated === null
            ? "needs scores, and labels of a reference"
            : "no label has come yet"
          : `realised ${realised.auc.toFixed(3)}`,
    },
  ];
}
