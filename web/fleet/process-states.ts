/** Lockstep's processes by their heartbeats. */
import { HEARTBEAT_LIMIT_MS } from "@lockstep/schemas/process/heartbeat";
import type { ProcessRow } from "@lockstep/schemas/queries/cluster-processes";
import { z } from "zod";

export type ProcessState = {
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly seenMs: number;
  readonly up: boolean;
  /** Of watch: whether it is the one that acts; null: it does not say. */
  readonly leads: boolean | null;
  /** Of a collector: whether it sends its blocks to Kafka. */
  readonly usesKafka: boolean;
  /** Of a collector: why its blocks stay in the spool; null: they do not. */
  readonly kafkaAway: string | null;
};

/** An instance that has not been heard of for this long, beside one that is up, is taken for removed. */
const REMOVED_AFTER_MS = 3_600_000;

export function processStates(rows: readonly ProcessRow[], nowMs: number): ProcessState[] {
  const states = rows.map((row) => {
    const detail = detailOf(row.detail);
    const up = nowMs - row.updated < HEARTBEAT_LIMIT_MS;
    return {
      process: row.process,
      host: row.host,
      pid: row.pid,
      startedMs: row.started,
      seenMs: row.updated,
      up,
      leads: up ? (detail.leads ?? null) : null,
      usesKafka: detail.kafka != null,
      kafkaAway: up ? awayWords(detail.kafka?.away) : null,
    };
  });
  const running = new Set(states.filter((state) => state.up).map((state) => state.process));
  return states.filter((state) => !(running.has(state.process) && nowMs - state.seenMs > REMOVED_AFTER_MS));
}

const detail = z.object({
  leads: z.boolean().nullish(),
  kafka: z.object({ away: z.union([z.boolean(), z.string(), z.number()]).nullish() }).nullish(),
});

/** What of a heartbeat's detail is known here; each process adds its own, and an empty one is none. */
function detailOf(json: string): z.infer<typeof detail> {
  if (json === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The targets page says of a collector's report that it cannot be read.
    return {};
  }
  return detail.safeParse(value).data ?? {};
}

function awayWords(away: boolean | string | number | null | undefined): string | null {
  if (away === undefined || away === null || away === false || away === "") return null;
  return typeof away === "string" ? away : "it does not answer";
}
