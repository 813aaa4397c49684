/** A block as a Kafka message: the block is the value, all else is in headers that other tools can read. */
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { IHeaders, KafkaMessage, Message } from "kafkajs";
import type { LogMessage } from "../log.ts";

export function encodeMessage(message: LogMessage, partition: number): Message {
  const { table, version, rows, producer, sequence, scrapedAt, appendedAt, block } = message;
  return {
    partition,
    value: Buffer.from(block.buffer, block.byteOffset, block.byteLength),
    headers: {
      table,
      version: String(version),
      rows: String(rows),
      producer,
      sequence: String(sequence),
      ...(scrapedAt !== undefined && { scraped_at: String(scrapedAt) }),
      ...(appendedAt !== undefined && { appended_at: String(appendedAt) }),
    },
  };
}

/**
 * A message of `topic` as it was sent. One whose headers do not say what it is comes out with version -1, so that it can
 * be laid aside and those behind it go on.
 */
export function decodeMessage(topic: TableName, message: KafkaMessage): LogMessage {
  const { headers = {} } = message;
  const offset = Number(message.offset);
  const block = message.value ?? Buffer.alloc(0);
  const sentAt = Number(message.timestamp);
  const table = text(headers, "table");
  const producer = text(headers, "producer");
  const version = count(headers, "version");
  const rows = count(headers, "rows");
  const sequence = count(headers, "sequence");
  if (table === undefined || producer === undefined || [version, rows, sequence].includes(undefined)) {
    return { table: topic, version: -1, rows: 0, producer: "", sequence: -1, offset, block, sentAt };
  }
  const scrapedAt = count(headers, "scraped_at");
  const appendedAt = count(headers, "appended_at");
  return {
    table: table as TableName,
    version: version!,
    rows: rows!,
    producer,
    sequence: sequence!,
    offset,
    block,
    sentAt,
    ...(scrapedAt !== undefined && { scrapedAt }),
    ...(appendedAt !== undefined && { appendedAt }),
  };
}

function text(headers: IHeaders, name: string): string | undefined {
  const value = headers[name];
  return value === undefined || Array.isArray(value) ? undefined : value.toString();
}

function count(headers: IHeaders, name: string): number | undefined {
  const value = text(headers, name);
  if (value === undefined || !/^\d{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
