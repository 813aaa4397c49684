/** A message as the spool keeps it: header length (UInt32 LE), header (JSON), block. */
import { LogError, type LogMessage, type OutgoingBlock } from "../log.ts";

type Header = Omit<LogMessage, "offset" | "block" | "sentAt">;

export function encodeEnvelope(
  outgoing: OutgoingBlock,
  producer: string,
  sequence: number,
  appendedAt: number | undefined,
): Buffer {
  const { table, version, rows, block, lane, scrapedAt } = outgoing;
  const header: Header = {
    table,
    version,
    rows,
    producer,
    sequence,
    ...(lane !== undefined && lane !== 0 && { lane }),
    ...(scrapedAt !== undefined && { scrapedAt }),
    ...(appendedAt !== undefined && { appendedAt }),
  };
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
  if (!isCount(version) || !isCount(rows) || !isCount(sequence)) return undefined;
  if (typeof table !== "string" || typeof producer !== "string") return undefined;
  const { lane, scrapedAt, appendedAt } = header ?? {};
  return {
    table,
    version,
    rows,
    producer,
    sequence,
    ...(isCount(lane) && { lane }),
    ...(isCount(scrapedAt) && { scrapedAt }),
    ...(isCount(appendedAt) && { appendedAt }),
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
