/** Blocks laid aside because of what they hold, with the reason; kept until someone looks. */
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import { type DeadLetter, type DeadLetters, LogError, type LogMessage, type NewDeadLetter } from "../log.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import { asLogError, openEnvironment, type SpoolEnvironment } from "./environment.ts";
import { BLOCKS_PER_APPEND, producerName } from "./producer.ts";

/** Beyond this many or this much, the oldest make room. The newest stays in any case. */
const MAX_LETTERS = 1000;
const MAX_BYTES = 256 * 2 ** 20;
/** Who sends a replayed letter. */
const PRODUCER = "deadletter";
/** In the spool's state: bytes of all letters; absent in spools of old. */
const BYTES = "deadBytes";
/** Version of a message whose envelope could not be read; its block is what was found in its place. */
const UNREADABLE = -1;

type Key = [string, number];
/** What is known of a letter without its block, of which a thousand may be gigabytes. */
type Entry = { readonly key: Key; readonly note: Note; readonly bytes: number };
type Note = { readonly reason: string; readonly partition?: number; readonly laidAsideAt?: number };

export type SpoolDeadLettersOptions = {
  /** Folder of the spool. */
  readonly path: string;
  /** Bound of the spool, as its producer has it. */
  readonly maxBytes?: number;
  /** Bound of the letters. */
  readonly maxLetterBytes?: number;
};

export async function openSpoolDeadLetters(options: SpoolDeadLettersOptions): Promise<DeadLetters> {
  const { path, maxBytes, maxLetterBytes = MAX_BYTES } = options;
  return new SpoolDeadLetters(openEnvironment(path, maxBytes), maxLetterBytes);
}

class SpoolDeadLetters implements DeadLetters {
  readonly #environment: SpoolEnvironment;
  readonly #maxBytes: number;

  constructor(environment: SpoolEnvironment, maxBytes: number) {
    this.#environment = environment;
    this.#maxBytes = maxBytes;
  }

  async put({ topic, partition, message, reason }: NewDeadLetter): Promise<void> {
    const { root, dead, state } = this.#environment;
    const key: Key = [topic, message.offset];
    const note: Note = { reason, partition, laidAsideAt: Date.now() };
    const stored = Buffer.concat([Buffer.from(`${JSON.stringify(note)}\n`), envelopeOf(message)]);
    try {
      await root.transaction(() => {
        const added = stored.length - (dead.get(key)?.length ?? 0);
        const held = this.#bytesHeld() + added;
        dead.put(key, stored);
        state.put(BYTES, held - this.#makeRoom(held));
      });
    } catch (error) {
      throw asLogError(error, `dead letter ${topic}/${message.offset} was not kept`);
    }
  }

  #bytesHeld(): number {
    const known = this.#environment.state.get(BYTES) as number | undefined;
    return known ?? this.#oldestFirst().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Inside a transaction; returns the bytes of what had to go. */
  #makeRoom(held: number): number {
    const { dead } = this.#environment;
    let surplus = dead.getKeysCount() - MAX_LETTERS;
    let freed = 0;
    if (surplus <= 0 && held <= this.#maxBytes) return 0;
    for (const { key, bytes } of this.#oldestFirst().slice(0, -1)) {
      if (surplus <= 0 && held - freed <= this.#maxBytes) break;
      dead.remove(key);
      surplus -= 1;
      freed += bytes;
    }
    return freed;
  }

  #oldestFirst(): Entry[] {
    const entries: Entry[] = [];
    for (const { key, value } of this.#environment.dead.getRange()) {
      entries.push({ key, note: noteOf(value), bytes: value.length });
    }
    return entries.sort((a, b) => (a.note.laidAsideAt ?? 0) - (b.note.laidAsideAt ?? 0) || a.key[1] - b.key[1]);
  }

  async list(): Promise<readonly Omit<DeadLetter, "message">[]> {
    return this.#oldestFirst().map(({ key, note }) => described(key, note));
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const key = keyOf(id);
    const stored = key && this.#environment.dead.get(key);
    if (key === undefined || stored === undefined) return undefined;
    return { ...described(key, noteOf(stored)), message: decodeOrRaw(key, stored) };
  }

  async replay(id: string): Promise<boolean> {
    const key = keyOf(id);
    if (key === undefined) return false;
    try {
      return await this.#environment.root.transaction(() => this.#replayInTransaction(key));
    } catch (error) {
      throw asLogError(error, `dead letter ${id} was not replayed`);
    }
  }

  #replayInTransaction(key: Key): boolean {
    const { dead, state, topics } = this.#environment;
    const stored = dead.get(key);
    if (stored === undefined) return false;
    const topic = key[0] as TableName;
    const numberAt = (name: string, absent: number) => (state.get(name) as number | undefined) ?? absent;
    const sequence = numberAt(`producer/${PRODUCER}`, -1) + 1;
    const next = numberAt(`next/${topic}`, 0);
    const envelope = this.#envelopeAgain(decodeOrRaw(key, stored), sequence);
    const held = this.#bytesHeld();
    topics[topic].put(next, envelope);
    state.put(`next/${topic}`, next + 1);
    state.put("bytes", numberAt("bytes", 0) + envelope.length);
    state.put(`producer/${PRODUCER}`, sequence);
    state.put(BYTES, held - stored.length);
    dead.remove(key);
    return true;
  }

  #envelopeAgain(message: LogMessage, sequence: number): Buffer {
    if (message.version === UNREADABLE) return envelopeOf(message);
    const { scrapedAt: _, ...again } = message; // nobody waits for it any more
    const name = producerName(PRODUCER, this.#environment);
    return encodeEnvelope(again, name, sequence * BLOCKS_PER_APPEND, Date.now());
  }

  close(): Promise<void> {
    return this.#environment.root.close();
  }
}

function described([topic, offset]: Key, { reason, partition, laidAsideAt }: Note): Omit<DeadLetter, "message"> {
  return { id: `${topic}/${offset}`, topic, partition: partition ?? 0, reason, laidAsideAt: laidAsideAt ?? 0 };
}

function keyOf(id: string): Key | undefined {
  const [topic = "", offset = ""] = id.split("/");
  if (!(TABLE_NAMES as readonly string[]).includes(topic) || !/^\d{1,15}$/.test(offset)) return undefined;
  return [topic, Number(offset)];
}

function noteOf(stored: Buffer): Note {
  try {
    return JSON.parse(stored.subarray(0, stored.indexOf(10)).toString("utf8")) as Note;
  } catch {
    return { reason: "the reason cannot be read" }; // a damaged letter must not keep the others from being listed
  }
}

function envelopeOf(message: LogMessage): Buffer {
  const { producer, sequence, appendedAt, block } = message;
  if (message.version === UNREADABLE) return Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  return encodeEnvelope(message, producer, sequence, appendedAt);
}

/** One whose envelope was broken already when it was laid aside is its raw bytes. */
function decodeOrRaw([topic, offset]: Key, stored: Buffer): LogMessage {
  const envelope = stored.subarray(stored.indexOf(10) + 1);
  try {
    return decodeEnvelope(envelope, offset);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return {
      table: topic as TableName,
      version: UNREADABLE,
      rows: 0,
      producer: "",
      sequence: -1,
      offset,
      block: envelope,
    };
  }
}
