"use client";
import { TimeChart } from "../../components/chart/time-chart.tsx";
import { useRead } from "../../components/use-read.ts";
import type { PipelineHistory } from "../../data/pipeline.ts";
import { extentOf, type Values } from "../../fleet/grids.ts";
import { formatUnit } from "../../format/unit.ts";
import { FIRST_STAGE_COLOUR } from "./stage-colour.ts";

const STAGE_NAMES: Readonly<Record<string, string>> = {
  gather: "gather",
  spool: "send to Kafka",
  log: "wait for ingest",
  post: "post",
};

const CHARTS = 4;
const HEIGHT = 210;

/** The pipeline over the time range of the page. */
export function PipelineHistoryCharts() {
  const history = useRead<PipelineHistory>("pipeline-history", {}, null).data;
  return (
    <section className="section" aria-label="The pipeline over time">
      <h2>Over this range</h2>
      <div className="charts">
        {history === null
          ? Array.from({ length: CHARTS }, (_, chart) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a place holder is its position
              <div key={chart} className="skeleton" style={{ height: HEIGHT }} />
            ))
          : chartsOf(history)}
      </div>
    </section>
  );
}

function chartsOf({ times, queryable, stages, scraped, stored, lag, spoolAge }: PipelineHistory) {
  return (
    <>
      <TimeChart
        id="queryable"
        title={withHighest("From scrape to query", queryable.p99, "99 % within")}
        times={times}
        unit="seconds"
        zero
        firstColour={5}
        lines={[
          { name: "half within", values: queryable.p50 },
          { name: "99 % within", values: queryable.p99 },
        ]}
      />
      <TimeChart
        id="stages"
        title="Where the time goes, on average"
        times={times}
        unit="seconds"
        zero
        firstColour={FIRST_STAGE_COLOUR}
        lines={stages.map(({ stage, mean }) => ({ name: STAGE_NAMES[stage] ?? stage, values: mean }))}
      />
      <TimeChart
        id="flow"
        title="Samples a second"
        times={times}
        unit="perSecond"
        zero
        firstColour={5}
        lines={[
          { name: "scraped", values: scraped },
          { name: "stored", values: stored },
        ]}
      />
      <TimeChart
        id="backlog"
        title={withHighest("How long the oldest waits", [...lag, ...spoolAge], "at most")}
        times={times}
        unit="seconds"
        zero
        firstColour={5}
        lines={[
          { name: "for ingest", values: lag },
          { name: "in the spool", values: spoolAge },
        ]}
      />
    </>
  );
}

function withHighest(title: string, values: Values, words: string): string {
  const extent = extentOf(values);
  return extent === null ? title : `${title}: ${words} ${formatUnit(extent.max, "seconds")}`;
}
