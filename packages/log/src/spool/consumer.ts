import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import {
  type LogBatch,
  type LogConsumer,
  LogError,
  type LogMessage,
  type PartitionClaim,
  type PartitionLag,
  type Position,
} from "../log.ts";
import { appendedAtOf } from "./age.ts";
import { decodeEnvelope } from "./envelope.ts";
import { asLogError, openEnvironment, type SpoolEnvironment } from "./environment.ts";

export type SpoolConsumerOptions = {
  readonly path: string;
  readonly maxBytes?: number;
  /** How often the spool is looked at; what came in between makes one batch. */
  readonly pollMs?: number;
  /** Bounds of one batch; a single larger message still makes one. */
  readonly maxBatchBytes?: number;
  readonly maxBatchRows?: number;
};

/** After a start people wait to see something; later, fewer and larger posts cost ClickHouse half as much. */
const EAGER_MS = 30_000;
const EAGER_POLL_MS = 500;

type Bounds = { readonly bytes: number; readonly rows: number };

export async function openSpoolConsumer(options: SpoolConsumerOptions): Promise<LogConsumer> {
  const bounds = { bytes: options.maxBatchBytes ?? 16 * 2 ** 20, rows: options.maxBatchRows ?? 500_000 };
  return new SpoolConsumer(openEnvironment(options.path, options.maxBytes), bounds, options.pollMs ?? 5000);
}

class SpoolConsumer implements LogConsumer {
  readonly #environment: SpoolEnvironment;
  readonly #bounds: Bounds;
  readonly #pollMs: number;
  readonly #claims: readonly SpoolClaim[];
  #stopping = false;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(environment: SpoolEnvironment, bounds: Bounds, pollMs: number) {
    this.#environment = environment;
    this.#bounds = bounds;
    this.#pollMs = pollMs;
    this.#claims = TABLE_NAMES.map((topic) => new SpoolClaim(environment, topic));
  }

  run(onBatch: (batch: LogBatch) => Promise<void>): Promise<void> {
    this.#running = this.#loop(onBatch);
    return this.#running;
  }

  async #loop(onBatch: (batch: LogBatch) => Promise<void>): Promise<void> {
    const begun = Date.now();
    while (!this.#stopping) {
      const started = Date.now();
      let full = false;
      for (const claim of this.#claims) {
        if (this.#stopping) return;
        const { messages, more } = readFrom(this.#environment, claim, this.#bounds);
        claim.next += messages.length;
        if (messages.length > 0) await onBatch({ claim, messages });
        full ||= more;
      }
      const pollMs = started - begun < EAGER_MS ? Math.min(EAGER_POLL_MS, this.#pollMs) : this.#pollMs;
      if (!full) await this.#sleep(pollMs - (Date.now() - started));
    }
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Whoever reads a spool reads all of it. */
  holds(): boolean {
    return true;
  }

  async lag(): Promise<readonly PartitionLag[]> {
    const now = Date.now();
    return this.#claims.map(({ topic, partition }) => {
      const { offset } = readPosition(this.#environment, topic);
      const next = (this.#environment.state.get(`next/${topic}`) as number | undefined) ?? 0;
      if (next <= offset) return { topic, partition, messages: 0, seconds: 0 };
      const appendedAt = appendedAtOf(this.#environment, topic, offset);
      return {
        topic,
        partition,
        messages: next - offset,
        seconds: appendedAt === undefined ? undefined : Math.max(0, now - appendedAt) / 1000,
      };
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#running.catch(() => undefined); // whoever called run() has that error
    await this.#environment.root.close();
  }
}

function readPosition(environment: SpoolEnvironment, topic: TableName): Position {
  const kept = environment.state.get(`offset/${topic}`) as [number, string] | undefined;
  return { offset: kept?.[0] ?? 0, metadata: kept?.[1] ?? "" };
}

/** Messages the claim has not been given yet, within the bounds; `more` tells that the bounds, not the end, cut them. */
function readFrom(environment: SpoolEnvironment, claim: SpoolClaim, bounds: Bounds) {
  const messages: LogMessage[] = [];
  let bytes = 0;
  let rows = 0;
  for (let offset = claim.next; ; offset++) {
    const stored = environment.topics[claim.topic].get(offset);
    if (stored === undefined) return { messages, more: false };
    const message = decodeOrMark(stored, offset, claim.topic);
    if (messages.length > 0 && (bytes + stored.length > bounds.bytes || rows + message.rows > bounds.rows)) {
      return { messages, more: true };
    }
    messages.push(message);
    bytes += stored.length;
    rows += message.rows;
  }
}

/** A message whose envelope is broken still has to be passed on, so that ingest can lay it aside and move on. */
function decodeOrMark(stored: Buffer, offset: number, table: TableName): LogMessage {
  try {
    return decodeEnvelope(stored, offset);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { table, version: -1, rows: 0, producer: "", sequence: -1, offset, block: stored };
  }
}

class SpoolClaim implements PartitionClaim {
  readonly #environment: SpoolEnvironment;
  readonly logId: string;
  readonly topic: TableName;
  readonly partition = 0;
  /** Nobody else can take it: one ingest reads a spool. */
  readonly lost = new AbortController().signal;
  /** The next offset to give to the handler; the committed one may lie behind. */
  next: number;

  constructor(environment: SpoolEnvironment, topic: TableName) {
    this.#environment = environment;
    this.logId = environment.id;
    this.topic = topic;
    this.next = readPosition(environment, topic).offset;
  }

  async position(): Promise<Position> {
    return readPosition(this.#environment, this.topic);
  }

  /** Messages below the offset are done with and go in the same transaction. */
  async commit({ offset, metadata }: Position): Promise<void> {
    const { root, state, topics } = this.#environment;
    try {
      await root.transaction(() => {
        const before = readPosition(this.#environment, this.topic).offset;
        let freed = 0;
        for (let done = before; done < offset; done++) {
          freed += topics[this.topic].get(done)?.length ?? 0;
          topics[this.topic].remove(done);
        }
        if (freed > 0) state.put("bytes", Math.max(0, ((state.get("bytes") as number | undefined) ?? 0) - freed));
        state.put(`offset/${this.topic}`, [offset, metadata]);
      });
    } catch (error) {
      throw asLogError(error, `offset ${offset} of ${this.topic} was not kept`);
    }
  }
}
