"use client";
import { TimeChart } from "../../../components/chart/time-chart.tsx";
import { Figures } from "../../../components/figures.tsx";
import { ProblemNotice, StaleNote } from "../../../components/problem.tsx";
import { RangeLink } from "../../../components/range-link.tsx";
import { Absolute } from "../../../components/time-zone.tsx";
import { useRead } from "../../../components/use-read.ts";
import type { JobData } from "../../../data/job.ts";
import type { Outcome } from "../../../data/problem.ts";
import { count } from "../../../format/number.ts";
import { formatUnit } from "../../../format/unit.ts";
import { dollars, gpuTime } from "../../../jobs/losses.ts";
import { jobPath } from "../../../jobs/paths.ts";
import { FindingList } from "../finding-list.tsx";
import { Bandwidth } from "./bandwidth.tsx";
import { PastFindings } from "./past-findings.tsx";
import { RankHeat } from "./rank-heat.tsx";
import { RankTable } from "./rank-table.tsx";
import { Suspects } from "./suspects.tsx";
import { WaitChainDrawing } from "./wait-chain-drawing.tsx";

export function JobView({ job, initial }: { job: string; initial: Outcome<JobData | null> }) {
  const { data, problem } = useRead<JobData | null>("job", { job }, initial, { soon: isBeginning });
  if (data === null) {
    return (
      <main className="page">
        <h1>{job}</h1>
        {problem === null ? (
          <p className="quiet">Nothing of this job in this range.</p>
        ) : (
          <ProblemNotice problem={problem} />
        )}
      </main>
    );
  }
  const open = data.findings.filter(({ closedMs }) => closedMs === null);
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <div className="headline">
        <div className="title">
          <span className="crumb">
            <RangeLink href="/jobs">Jobs</RangeLink> ›
          </span>
          <h1>{headline(data)}</h1>
          {data.live ? null : (
            <span className="quiet small">
              as it was at <Absolute ms={data.atMs} />
            </span>
          )}
        </div>
        <p className="quiet">{factsOf(data)}</p>
      </div>
      <FindingList findings={open} atMs={data.atMs} />
      <Figures items={figuresOf(data)} />
      <NotJudged data={data} />
      {data.dumps === 0 ? null : (
        <p>
          {count(data.dumps, "rank")} left Flight Recorder dumps in this range:{" "}
          <RangeLink href={jobPath(job, "hang")}>what each rank last did</RangeLink>
        </p>
      )}
      {data.steps.times.length === 0 ? null : (
        <section className="section" aria-label="Steps">
          <TimeChart
            id="step"
            title={
              <>
                Step time <span className="quiet">median of the ranks; evaluations and checkpoints are left out</span>
              </>
            }
            times={data.steps.times}
            lines={[{ name: "step", values: data.steps.seconds }]}
            unit="seconds"
            zero
            annotations={data.findings.map(({ openedMs, kind }) => ({
              ts: openedMs,
              kind: kind === "hang" || kind === "mismatch" ? ("xid" as const) : ("throttled" as const),
            }))}
          />
          <RankHeat job={job} findings={data.findings} />
        </section>
      )}
      <Suspects findings={data.findings} atMs={data.atMs} />
      {data.window === null ? (
        <WindowNote data={data} />
      ) : (
        <>
          <WaitChainDrawing chain={data.window.chain} />
          <RankTable window={data.window} />
          <Bandwidth groups={data.window.bandwidth} />
        </>
      )}
      <PastFindings findings={data.findings} />
    </main>
  );
}

/** From here on a window may be more than a page can judge. */
const LARGE_JOB = 1000;

/** What only watch judges is told by its findings. */
function WindowNote({ data }: { data: JobData }) {
  if (data.ranks < LARGE_JOB || data.state?.judgedAtMs == null) return null;
  return (
    <p className="quiet">
      A window of this job is too large to be judged for a page: its wait chain and communicators are not shown. Its
      findings are watch's, and complete.
    </p>
  );
}

function isBeginning(data: JobData | null): boolean {
  return data === null || (data.live && data.window === null && data.state?.judgedAtMs == null);
}

/** The sentence of the worst finding; else how the job is. */
function headline(data: JobData): string {
  const open = data.findings.filter(({ closedMs }) => closedMs === null);
  const worst = open.find(({ kind }) => kind === "hang" || kind === "mismatch") ?? open[0];
  if (worst !== undefined) return `${data.job}: ${worst.summary}`;
  if (data.ranks === 0) return `${data.job}: no step in this range`;
  const reasons = data.state?.notEnoughData ?? [];
  if (reasons.length > 0 || data.window?.notEnoughData != null) return `${data.job}: not enough data for a verdict`;
  if (data.state?.progress === "silent") return `${data.job} makes no step, and nothing tells why`;
  if (data.window === null && data.state?.judgedAtMs == null) return `${data.job}: not judged in this range`;
  return `${data.job}: nothing holds it up`;
}

function factsOf({ ranks, nodes, lastStep, stepSeconds }: JobData): string {
  if (ranks === 0) return "";
  const facts = [count(ranks, "rank"), count(nodes, "node"), `step ${lastStep.toLocaleString("en-US")}`];
  if (stepSeconds !== null) facts.push(`${formatUnit(stepSeconds, "seconds")} a step`);
  return facts.join(" · ");
}

function figuresOf({ losses, price, window, findings }: JobData) {
  const told = findings
    .filter(({ kind, closedMs }) => closedMs === null && kind !== "hang" && kind !== "mismatch")
    .map(({ slowdown }) => slowdown ?? 1);
  const slowdown = told.length > 0 ? Math.max(...told) : (window?.slowdown ?? null);
  return [
    {
      title: "Slow-down now",
      value: slowdown === null ? "–" : `${slowdown.toFixed(2)} x`,
      note: "a step against one without its cause",
    },
    {
      title: "Goodput",
      value: losses.goodput === null ? "–" : formatUnit(losses.goodput * 100, "percent"),
      note: "GPU time not lost to findings, in this range",
    },
    { title: "GPU time lost", value: gpuTime(losses.gpuSeconds), note: "waited because of findings" },
    price === null
      ? { title: "Money lost", value: "–", note: "set LOCKSTEP_GPU_HOUR_PRICE" }
      : { title: "Money lost", value: dollars(losses.dollars ?? 0), note: `at ${dollars(price)} a GPU-hour` },
  ];
}

function NotJudged({ data }: { data: JobData }) {
  const reasons = [
    ...(data.state?.notEnoughData ?? []),
    ...(data.window?.notEnoughData != null ? [data.window.notEnoughData] : []),
  ];
  if (reasons.length === 0) return null;
  return (
    <section className="notice">
      <h2>Not enough data</h2>
      {[...new Set(reasons)].map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
    </section>
  );
}
