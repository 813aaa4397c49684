/** The way of the data as it is drawn: nodes left to right, and what lies between two of them. */
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { PipelineTargetsRow } from "@lockstep/schemas/queries/pipeline-targets";
import type { ProcessState } from "../fleet/process-states.ts";
import { count } from "../format/number.ts";
import { formatUnit } from "../format/unit.ts";
import { type Backlog, backlogOf } from "./backlog.ts";
import { type Delay, delayOf } from "./delay.ts";
import { total } from "./metric-names.ts";
import { rateOf, type SelfSeries, select, sumOf, totalNow, totalRate, totalRise, valuesOf } from "./self-series.ts";

export type PipelineFacts = {
  readonly series: SelfSeries;
  readonly processes: readonly ProcessState[];
  readonly targets: PipelineTargetsRow | null;
};

export type NodeId = "targets" | "collector" | "spool" | "kafka" | "ingest" | "clickhouse" | "rollups";
/** Named as the stages of SELF_METRICS.stageSeconds where they are such. */
export type LinkId = "scrape" | "gather" | "spool" | "log" | "post" | "rollup";

/** `trouble`: something that wants a look. */
export type NodeFact = { readonly words: string; readonly trouble?: "critical" | "warning" };

export type ChainNode = { readonly id: NodeId; readonly title: string; readonly facts: readonly NodeFact[] };

export type ChainLink = {
  readonly id: LinkId;
  readonly title: string;
  /** Of samples, or of windows into the roll-ups; null: not known. */
  readonly perSecond: number | null;
  readonly flow: "samples" | "windows";
  readonly delay: Pick<Delay, "p50" | "p99"> | null;
  /** What waits in front of it; null: nothing can, or it is not known. */
  readonly backlog: Backlog | null;
};

/** `links[i]` leads from `nodes[i]` to the one after it. */
export type Chain = { readonly nodes: readonly ChainNode[]; readonly links: readonly ChainLink[] };

const SAMPLES = { table: "samples" } as const;
const m = SELF_METRICS;

/** Whether the log is Kafka, as far as the processes tell. */
export function hasKafka({ series, processes }: Pick<PipelineFacts, "series" | "processes">): boolean {
  return (
    select(series, total(m.kafkaRows)).length > 0 ||
    select(series, total(m.kafkaErrors)).length > 0 ||
    select(series, `${m.stageSeconds}_count`, { stage: "spool" }).length > 0 ||
    processes.some((process) => process.up && process.usesKafka)
  );
}

export function chainOf(facts: PipelineFacts): Chain {
  const { series } = facts;
  const kafka = hasKafka(facts);
  const stored = totalRate(select(series, total(m.ingestRows), SAMPLES));
  const stage = (id: LinkId) => delayOf(series, m.stageSeconds, { stage: id });
  const samples = (id: LinkId, title: string, perSecond: number | null, backlog: Backlog | null): ChainLink => ({
    id,
    title,
    perSecond,
    flow: "samples",
    delay: stage(id),
    backlog,
  });
  const spool = backlogOf("spool", series);
  const log = backlogOf("log", series);
  const scraped = totalRate(select(series, total(m.scrapedSamples)));
  return {
    nodes: [
      targetsNode(facts),
      collectorNode(facts),
      spoolNode(series),
      ...(kafka ? [kafkaNode(facts)] : []),
      ingestNode(facts),
      clickHouseNode(series),
      rollUpsNode(series),
    ],
    links: [
      { ...samples("scrape", "scrape", scraped, null), delay: scrapeDelay(facts) },
      samples("gather", "gather", totalRate(select(series, total(m.logRows), SAMPLES)), null),
      ...(kafka ? [samples("spool", "send", totalRate(select(series, total(m.kafkaRows), SAMPLES)), spool)] : []),
      samples("log", "read", stored, kafka ? log : (log ?? spool)),
      samples("post", "post", stored, null),
      rollUpLink(series),
    ],
  };
}

function scrapeDelay({ targets }: PipelineFacts): ChainLink["delay"] {
  return targets === null || targets.p50Seconds === null ? null : { p50: targets.p50Seconds, p99: targets.p99Seconds };
}

function rollUpLink(series: SelfSeries): ChainLink {
  return {
    id: "rollup",
    title: "roll up",
    perSecond: totalRate(select(series, total(m.rollupWindows))),
    flow: "windows",
    delay: delayOf(series, m.rollupSeconds),
    backlog: backlogOf("rollup", series),
  };
}

function targetsNode({ targets }: PipelineFacts): ChainNode {
  const facts: NodeFact[] = [];
  if (targets !== null && targets.known > 0) {
    const down = targets.known - targets.up;
    facts.push({ words: `${targets.up.toLocaleString("en-US")} up` });
    if (down > 0) facts.push({ words: `${down.toLocaleString("en-US")} not up`, trouble: "warning" });
  }
  return { id: "targets", title: "Targets", facts };
}

function collectorNode(facts: PipelineFacts): ChainNode {
  const refused = totalRise(select(facts.series, total(m.refusedPages)));
  return {
    id: "collector",
    title: "Collector",
    facts: [
      ...instanceFacts("collector", facts),
      ...(refused !== null && refused > 0
        ? [{ words: `${count(Math.round(refused), "page")} refused`, trouble: "critical" as const }]
        : []),
    ],
  };
}

function spoolNode(series: SelfSeries): ChainNode {
  const facts: NodeFact[] = [];
  const bytes = totalNow(select(series, m.spoolBytes));
  const blocks = totalNow(select(series, m.spoolBlocks));
  if (bytes !== null) facts.push({ words: formatUnit(bytes, "bytes") });
  if (blocks !== null) facts.push({ words: count(blocks, "block") });
  const dropped = totalRise(select(series, total(m.spoolDroppedRows)));
  if (dropped !== null && dropped > 0) {
    facts.push({ words: `${formatUnit(dropped, "count")} rows dropped`, trouble: "critical" });
  }
  return { id: "spool", title: "Spool", facts };
}

function kafkaNode({ series, processes }: PipelineFacts): ChainNode {
  const facts: NodeFact[] = [];
  if (processes.some((process) => process.kafkaAway !== null)) facts.push({ words: "away", trouble: "critical" });
  const partitions = new Set(
    select(series, m.lagMessages).flatMap((row) =>
      row.value === null ? [] : [`${row.labels["topic"]}/${row.labels["partition"]}`],
    ),
  );
  if (partitions.size > 0) facts.push({ words: count(partitions.size, "partition") });
  return { id: "kafka", title: "Kafka", facts };
}

function ingestNode(facts: PipelineFacts): ChainNode {
  return { id: "ingest", title: "Ingest", facts: instanceFacts("ingest", facts) };
}

function clickHouseNode(series: SelfSeries): ChainNode {
  const posts = totalRate(select(series, total(m.ingestPosts)));
  const rows = sumOf(select(series, total(m.ingestRows)).map(rateOf));
  return {
    id: "clickhouse",
    title: "ClickHouse",
    facts: [
      ...(rows === null ? [] : [{ words: `${formatUnit(rows, "perSecond").replace("/s", " rows/s")}` }]),
      ...(posts === null ? [] : [{ words: `${formatUnit(posts, "perSecond").replace("/s", " posts/s")}` }]),
    ],
  };
}

function rollUpsNode(series: SelfSeries): ChainNode {
  const tables = valuesOf(select(series, total(m.rollupWindows)), "table");
  return { id: "rollups", title: "Roll-ups", facts: tables.map((words) => ({ words })) };
}

/** One instance by its name, several by their number; those whose heartbeat stopped are told apart. */
function instanceFacts(process: string, { processes }: PipelineFacts): NodeFact[] {
  const known = processes.filter((state) => state.process === process);
  const up = known.filter((state) => state.up);
  const only = known[0];
  if (only === undefined) return [];
  if (up.length === 0) return [{ words: "down", trouble: "critical" }];
  if (known.length === 1) return [{ words: only.host }];
  return up.length === known.length
    ? [{ words: `${up.length} instances` }]
    : [{ words: `${up.length} of ${known.length} instances up`, trouble: "warning" }];
}
