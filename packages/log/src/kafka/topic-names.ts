/** `<prefix>.<table>` for each table, and the topics that are not of a table. */
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { KafkaSettings } from "./settings.ts";

/** Tables whose blocks are many, and spread over lanes. */
const SPREAD: ReadonlySet<TableName> = new Set(["samples", "series", "collectives"]);

export function topicOf(settings: Pick<KafkaSettings, "topicPrefix">, table: TableName): string {
  return `${settings.topicPrefix}.${table}`;
}

/** Undefined where the topic is none of a table's. */
export function tableOf(settings: Pick<KafkaSettings, "topicPrefix">, topic: string): TableName | undefined {
  return TABLE_NAMES.find((table) => topicOf(settings, table) === topic);
}

export function partitionsOf(settings: Pick<KafkaSettings, "partitions">, table: TableName): number {
  return isSpread(table) ? settings.partitions : 1;
}

/** Whether its topic has as many partitions as configured. */
export function isSpread(table: TableName): boolean {
  return SPREAD.has(table);
}

export function deadLetterTopic(settings: Pick<KafkaSettings, "topicPrefix">): string {
  return `${settings.topicPrefix}.deadletter`;
}

export function leaderTopic(settings: Pick<KafkaSettings, "topicPrefix">): string {
  return `${settings.topicPrefix}.leader`;
}
