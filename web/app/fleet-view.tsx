"use client";
import { useQueryStates } from "nuqs";
import { AttentionList } from "../components/attention-list.tsx";
import { Figures } from "../components/figures.tsx";
import { HeldUpJobs } from "../components/held-up-jobs.tsx";
import { ProblemNotice, StaleNote } from "../components/problem.tsx";
import { RangeLink } from "../components/range-link.tsx";
import { Absolute } from "../components/time-zone.tsx";
import { useRead } from "../components/use-read.ts";
import { Waiting } from "../components/waiting.tsx";
import type { FleetData } from "../data/fleet.ts";
import type { Outcome } from "../data/problem.ts";
import { fullName, type Gpu, gpuPath } from "../fleet/gpu.ts";
import { type FleetSummary, headline, summarise } from "../fleet/summary.ts";
import { count } from "../format/number.ts";
import { formatUnit, UNKNOWN } from "../format/unit.ts";
import { FleetHistoryCharts } from "./fleet-history.tsx";
import { FleetMap } from "./fleet-map.tsx";
import { fleetParsers } from "./fleet-search.ts";

export function FleetView({ initial }: { initial: Outcome<FleetData> }) {
  const { data, problem } = useRead<FleetData>("fleet", {}, initial, { soon: isBeginning });
  const [search, setSearch] = useQueryStates(fleetParsers);
  if (data === null) {
    return <main className="page">{problem === null ? null : <ProblemNotice problem={problem} />}</main>;
  }
  if (data.gpus.length === 0) {
    return (
      <main className="page">
        <h1>No GPU has been seen yet</h1>
        {data.status === null ? null : <Waiting status={data.status} />}
      </main>
    );
  }
  const summary = summarise(data.gpus);
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <div className="title">
        <h1>{headline(summary)}</h1>
        <span className="quiet small">
          {data.live ? null : (
            <>
              as it was at <Absolute ms={data.atMs} />
            </>
          )}
        </span>
      </div>
      <AttentionList items={data.attention} atMs={data.atMs} />
      <HeldUpJobs />
      <FleetFigures summary={summary} gpus={data.gpus} />
      <FleetMap gpus={data.gpus} search={search} onSearch={(change) => void setSearch(change)} />
      <FleetHistoryCharts metric={search.metric} />
    </main>
  );
}

/** Before every GPU has been scraped once. */
function isBeginning({ gpus }: FleetData): boolean {
  return gpus.length === 0 || gpus.some((gpu) => gpu.state === "waiting");
}

function FleetFigures({ summary, gpus }: { summary: FleetSummary; gpus: readonly Gpu[] }) {
  const hottest = summary.hottest === null ? undefined : gpus.find((gpu) => gpu.key === summary.hottest?.key);
  const nodes = new Set(gpus.map((gpu) => gpu.node)).size;
  const partial = (of: number) => (of < summary.up ? `of ${of} that report it` : undefined);
  return (
    <Figures
      items={[
        {
          title: "GPUs up",
          value: `${summary.up.toLocaleString("en-US")} of ${summary.known.toLocaleString("en-US")}`,
          note: `${summary.down} down, ${summary.waiting > 0 ? `${summary.waiting} not scraped yet, ` : ""}${count(nodes, "node")}`,
        },
        {
          title: "Mean utilisation",
          value: formatUnit(summary.utilisation, "percent"),
          note: partial(summary.utilisationOf) ?? "of all GPUs up",
        },
        {
          title: "Power, all together",
          value: formatUnit(summary.powerWatts, "watts"),
          note:
            summary.powerWatts === null || summary.powerOf === 0
              ? "no GPU reports it"
              : `${formatUnit(summary.powerWatts / summary.powerOf, "watts")} a GPU`,
        },
        {
          title: "Idle for 5 minutes",
          value: summary.idle === null ? UNKNOWN : `${summary.idle} ${summary.idle === 1 ? "GPU" : "GPUs"}`,
          note: summary.idle === null ? "utilisation is not known" : `${summary.idleAllocated} of them held by a pod`,
        },
        {
          title: "Hottest",
          value: formatUnit(summary.hottest?.celsius, "celsius"),
          note:
            hottest === undefined ? (
              "no GPU reports it"
            ) : (
              <RangeLink href={gpuPath(hottest.key)}>{fullName(hottest)}</RangeLink>
            ),
        },
      ]}
    />
  );
}
