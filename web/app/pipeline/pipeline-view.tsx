"use client";
import { AttentionList } from "../../components/attention-list.tsx";
import { ProblemNotice, StaleNote } from "../../components/problem.tsx";
import { Absolute, Ago } from "../../components/time-zone.tsx";
import { useRead } from "../../components/use-read.ts";
import type { PipelineData } from "../../data/pipeline.ts";
import type { Outcome } from "../../data/problem.ts";
import { formatUnit } from "../../format/unit.ts";
import { ChainDrawing } from "./chain-drawing.tsx";
import { DelayBar } from "./delay-bar.tsx";
import { NoSelfMetrics } from "./no-self-metrics.tsx";
import { Partitions } from "./partitions.tsx";
import { PipelineHistoryCharts } from "./pipeline-history.tsx";
import { Posts } from "./posts.tsx";
import { ProcessTable } from "./process-table.tsx";

export function PipelineView({ initial }: { initial: Outcome<PipelineData> }) {
  const { data, problem } = useRead<PipelineData>("pipeline", {}, initial, { soon: isBeginning });
  if (data === null) {
    return (
      <main className="page">
        <h1>Pipeline</h1>
        {problem === null ? null : <ProblemNotice problem={problem} />}
      </main>
    );
  }
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <div className="headline">
        <div className="title">
          <h1>{headline(data)}</h1>
          <span className="quiet small">
            {data.live ? null : (
              <>
                as it was at <Absolute ms={data.atMs} />
              </>
            )}
          </span>
        </div>
        {data.newestMs === null ? null : (
          <p className="quiet">
            {data.bottleneck.grows ? `What arrives: ${delayWords(data)}.` : `${data.bottleneck.text}.`}
          </p>
        )}
      </div>
      <SilenceNote data={data} />
      <AttentionList items={data.concerns} atMs={data.atMs} here />
      {data.newestMs === null ? (
        <NoSelfMetrics metered={data.metered} live={data.live} />
      ) : (
        <>
          <section className="pipeline" aria-label="The way of the data">
            <ChainDrawing chain={data.chain} bottleneck={data.bottleneck} />
            <DelayBar stages={data.stages} />
          </section>
          <PipelineHistoryCharts />
          <Posts posts={data.posts} during={data.during} />
          <div className="beside tables">
            <Partitions partitions={data.partitions} />
            <ProcessTable processes={data.processes} atMs={data.atMs} />
          </div>
        </>
      )}
      {data.newestMs === null && data.processes.length > 0 ? (
        <ProcessTable processes={data.processes} atMs={data.atMs} />
      ) : null}
    </main>
  );
}

/** Rates and delays need samples of a few scrapes. */
function isBeginning({ newestMs, queryable }: PipelineData): boolean {
  return newestMs === null || queryable === null;
}

/** A backlog that grows is the news: what waits in it has no delay yet. */
function headline(data: PipelineData): string {
  if (data.newestMs === null) return "The pipeline tells nothing of itself yet";
  return data.bottleneck.grows ? data.bottleneck.text : sentence(delayWords(data));
}

function delayWords({ queryable }: PipelineData): string {
  if (queryable === null || queryable.p50 === null) return "how long samples take to be queryable is not known yet";
  return `samples are queryable ${formatUnit(queryable.p50, "seconds")} after their scrape, 99 % within ${formatUnit(queryable.p99, "seconds")}`;
}

function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

/** Rates stand on samples that came a while ago: then they are not of now. */
const SILENT_AFTER_MS = 60_000;

function SilenceNote({ data }: { data: PipelineData }) {
  if (data.newestMs === null || data.atMs - data.newestMs < SILENT_AFTER_MS) return null;
  return (
    <p className="stale-note" role="status">
      The newest of Lockstep's own samples came <Ago ms={data.newestMs} nowMs={data.atMs} />: what you see is as it was
      then. Nothing newer has been scraped or stored since.
    </p>
  );
}
