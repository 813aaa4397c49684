/** Blocks laid aside because of what they hold, with the reason; kept until someone looks. */
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import { type DeadLetter, type DeadLetters, LogError, type NewDeadLetter } from "../log.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import { asLogError, openEnvironment, type SpoolEnvironment } from "./environment.ts";
import { BLOCKS_PER_APPEND } from "./producer.ts";

/** Beyond this many, the oldest make room. */
const MAX_DEAD = 1000;
/** Who sends a replayed letter. */
const PRODUCER = "deadletter";

type Key = [string, number];
type Note = { readonly reason: string; readonly partition?: number; readonly laidAsideAt?: number };

export async function openSpoolDeadLetters(options: { path: string; maxBytes?: number }): Promise<DeadLetters> {
  return new SpoolDeadLetters(openEnvironment(options.path, options.maxBytes));
}

class SpoolDeadLetters implements DeadLetters {
  readonly #environment: SpoolEnvironment;

  constructor(environment: SpoolEnvironment) {
    this.#environment = environment;
  }

  async put({ topic, partition, message, reason }: NewDeadLetter): Promise<void> {
    const { root, dead } = this.#environment;
    const note: Note = { reason, partition, laidAsideAt: Date.now() };
    const envelope = encodeEnvelope(message, message.producer, message.sequence, message.appendedAt);
    const stored = Buffer.concat([Buffer.from(`${JSON.stringify(note)}\n`), envelope]);
    try {
      await root.transaction(() => {
        dead.put([topic, message.offset], stored);
        const surplus = dead.getKeysCount() - MAX_DEAD;
        if (surplus > 0) for (const { key } of this.#oldestFirst().slice(0, surplus)) dead.remove(key);
      });
    } catch (error) {
      throw asLogError(error, `dead letter ${topic}/${message.offset} was not kept`);
    }
  }

  #oldestFirst(): { key: Key; note: Note; stored: Buffer }[] {
    return [...this.#environment.dead.getRange()]
      .map(({ key, value }) => ({ key, note: noteOf(value), stored: value }))
      .sort((a, b) => (a.note.laidAsideAt ?? 0) - (b.note.laidAsideAt ?? 0));
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
    const { root, dead, state, topics } = this.#environment;
    let done = false;
    await root.transaction(() => {
      const stored = dead.get(key);
      if (stored === undefined) return;
      const topic = key[0] as TableName;
      const message = decodeOrRaw(key, stored);
      const sequence = ((state.get(`producer/${PRODUCER}`) as number | undefined) ?? -1) + 1;
      const next = (state.get(`next/${topic}`) as number | undefined) ?? 0;
      const name = `${PRODUCER}-${this.#environment.id.replaceAll("-", "").slice(0, 12)}`;
      const envelope = encodeEnvelope(message, name, sequence * BLOCKS_PER_APPEND, Date.now());
      topics[topic].put(next, envelope);
      state.put(`next/${topic}`, next + 1);
      state.put("bytes", ((state.get("bytes") as number | undefined) ?? 0) + envelope.length);
      state.put(`producer/${PRODUCER}`, sequence);
      dead.remove(key);
      done = true;
    });
    return done;
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
  return JSON.parse(stored.subarray(0, stored.indexOf(10)).toString("utf8")) as Note;
}

/** One whose envelope was broken already when it was laid aside is its raw bytes. */
function decodeOrRaw([topic, offset]: Key, stored: Buffer): DeadLetter["message"] {
  const envelope = stored.subarray(stored.indexOf(10) + 1);
  try {
    return decodeEnvelope(envelope, offset);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { table: topic as TableName, version: -1, rows: 0, producer: "", sequence: -1, offset, block: envelope };
  }
}
