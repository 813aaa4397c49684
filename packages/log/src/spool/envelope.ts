/** A message as the spool keeps it: header length (UInt32 LE), header (JSON), block. */
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { LogError, type LogMessage, type OutgoingBlock } from "../log.ts";

type Header = { table: TableName; version: number; rows: number; producer: string; sequence: number };

export function encodeEnvelope(outgoing: OutgoingBlock, producer: string, sequence: number): Buffer {
  const { table, version, rows, block } = outgoing;
  const header: Header = { table, version, rows, producer, sequence };
  const json = Buffer.from(JSON.stringify(header));
  const message = Buffer.allocUnsafe(4 + json.length + block.length);
  message.writeUInt32LE(json.length, 0);
  message.set(json, 4);
  message.set(block, 4 + json.length);
  return message;
}

export function decodeEnvelope(message: Buffer, offset: number): LogMessage {
  const length = message.length < 4 ? Number.NaN : message.readUInt32LE(0);
  if (!(4 + length <= message.length)) {
    throw new LogError("corrupt", `message at offset ${offset}: ${message.length} bytes, header of ${length}`);
  }
  const header = parseHeader(message.toString("utf8", 4, 4 + length));
  if (header === undefined) throw new LogError("corrupt", `message at offset ${offset}: its header cannot be read`);
  return { ...header, offset, block: message.subarray(4 + length) };
}

function parseHeader(text: string): Header | undefined {
  let header: Partial<Header> | null;
  try {
    header = JSON.parse(text);
  } catch {
    return undefined; // not JSON is one more way to be no header
  }
  const { table, version, rows, producer, sequence } = header ?? {};
  // A damaged sequence above all: as a mark of its producer it would hide all that this one sends from then on.
  const counts = [version, rows, sequence].every((value) => Number.isSafeInteger(value) && value! >= 0);
  if (!counts || typeof table !== "string" || typeof producer !== "string") return undefined;
  return { table, version: version!, rows: rows!, producer, sequence: sequence! };
}
