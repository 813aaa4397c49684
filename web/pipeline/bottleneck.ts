/** Which link of the chain holds the data up. */
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { formatUnit } from "../format/unit.ts";
import type { Backlog } from "./backlog.ts";
import type { Chain, LinkId } from "./chain.ts";
import { type Delay, delayOf } from "./delay.ts";
import type { SelfSeries } from "./self-series.ts";

export type StageShare = { readonly id: LinkId; readonly words: string; readonly delay: Delay; readonly share: number };

export type Bottleneck = {
  /** null: nothing was measured. */
  readonly link: LinkId | null;
  readonly grows: boolean;
  readonly text: string;
};

/** What happens on each link, as the subject of a sentence. */
const STAGE_WORDS: readonly (readonly [LinkId, string, string])[] = [
  ["gather", "gathering samples into blocks", "gathering samples into blocks"],
  ["spool", "sending blocks to Kafka", "sending blocks to Kafka"],
  ["log", "waiting in Kafka for ingest", "waiting in the spool for ingest"],
  ["post", "posting into ClickHouse", "posting into ClickHouse"],
];

/** The stages between scrape and query that were measured, in order, with their share of the mean delay. */
export function stageShares(series: SelfSeries, kafka: boolean): StageShare[] {
  const measured = STAGE_WORDS.flatMap(([id, withKafka, without]) => {
    const delay = delayOf(series, SELF_METRICS.stageSeconds, { stage: id });
    return delay === null ? [] : [{ id, words: kafka ? withKafka : without, delay }];
  });
  const all = measured.reduce((sum, { delay }) => sum + Math.max(0, delay.mean), 0);
  return measured.map((stage) => ({ ...stage, share: all > 0 ? Math.max(0, stage.delay.mean) / all : 0 }));
}

/** A backlog that grows outweighs any delay: the delay of what waits has not been measured yet. */
export function bottleneckOf(chain: Chain, stages: readonly StageShare[]): Bottleneck {
  const growing = chain.links
    .flatMap((link) => (link.backlog?.growthSeconds == null ? [] : [{ link, backlog: link.backlog }]))
    .sort((a, b) => (b.backlog.growthSeconds ?? 0) - (a.backlog.growthSeconds ?? 0))[0];
  if (growing !== undefined) {
    return { link: growing.link.id, grows: true, text: growthText(growing.link.id, growing.backlog, chain) };
  }
  const slowest = stages.toSorted((a, b) => b.share - a.share)[0];
  if (slowest === undefined) {
    return { link: null, grows: false, text: "No data yet on what takes how long: no block was followed to its end" };
  }
  return { link: slowest.id, grows: false, text: delayText(slowest, stages) };
}

function delayText(slowest: StageShare, stages: readonly StageShare[]): string {
  const mean = formatUnit(slowest.delay.mean, "seconds");
  const all = formatUnit(
    stages.reduce((sum, stage) => sum + stage.delay.mean, 0),
    "seconds",
  );
  const p99 = slowest.delay.p99 === null ? "" : `; p99 ${formatUnit(slowest.delay.p99, "seconds")}`;
  const part = slowest.share > 0.5 ? "Most of the delay" : "The largest part of the delay";
  return `${part} is ${slowest.words}: ${mean} of ${all} on average (${Math.round(slowest.share * 100)} %)${p99}`;
}

function growthText(link: LinkId, backlog: Backlog, chain: Chain): string {
  const kafka = chain.nodes.some((node) => node.id === "kafka");
  const place = link === "spool" || !kafka ? "in the spool" : "in Kafka";
  const waiter = link === "spool" ? "Kafka does not take what the collector sends" : "Ingest does not keep up";
  const age = backlog.seconds === null ? "" : `, the oldest for ${formatUnit(backlog.seconds, "seconds")}`;
  return `${waiter}: ${backlogWords(backlog)} ${backlog.unit === "messages" ? "wait" : "waits"} ${place}${age}, ${formatUnit(backlog.growthSeconds, "seconds")} more than 5 minutes ago`;
}

export function backlogWords({ amount, unit }: Pick<Backlog, "amount" | "unit">): string {
  if (unit === "bytes") return formatUnit(amount, "bytes");
  const words = formatUnit(amount, "count");
  return `${words} ${amount === 1 ? unit.slice(0, -1) : unit}`;
}
