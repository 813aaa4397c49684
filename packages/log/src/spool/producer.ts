import { LogError, type LogProducer, type OutgoingBlock } from "../log.ts";
import { asLogError, DEFAULT_MAX_BYTES, openEnvironment, type SpoolEnvironment } from "./environment.ts";
import { encodeEnvelope } from "./envelope.ts";

export type SpoolProducerOptions = {
  /** Folder of the spool, shared with ingest. */
  readonly path: string;
  /** Names this producer across restarts; its sequence goes on where it was. */
  readonly producer: string;
  /** Appends beyond this many bytes held are refused with code `full`. */
  readonly maxBytes?: number;
};

export async function openSpoolProducer(options: SpoolProducerOptions): Promise<LogProducer> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  return new SpoolProducer(openEnvironment(options.path, maxBytes), options.producer, maxBytes);
}

class SpoolProducer implements LogProducer {
  readonly #environment: SpoolEnvironment;
  readonly #producer: string;
  readonly #maxBytes: number;
  #closed = false;

  constructor(environment: SpoolEnvironment, producer: string, maxBytes: number) {
    this.#environment = environment;
    this.#producer = producer;
    this.#maxBytes = maxBytes;
  }

  async append(blocks: readonly OutgoingBlock[], options: { sequence?: number } = {}): Promise<void> {
    if (this.#closed) throw new LogError("closed", "the spool is closed");
    if (blocks.length === 0) return;
    let refusal: LogError | undefined;
    try {
      await this.#environment.root.transaction(() => {
        refusal = this.#appendInTransaction(blocks, options.sequence);
      });
    } catch (error) {
      throw asLogError(error, `the spool did not take ${blocks.length} blocks`);
    }
    if (refusal) throw refusal;
  }

  /** Runs inside the transaction; checks before it writes, because LMDB keeps what was put even if we then refuse. */
  #appendInTransaction(blocks: readonly OutgoingBlock[], given: number | undefined): LogError | undefined {
    const { state, topics } = this.#environment;
    const last = (state.get(`producer/${this.#producer}`) as number | undefined) ?? -1;
    const sequence = given ?? last + 1;
    if (sequence <= last) return undefined;
    const held = (state.get("bytes") as number | undefined) ?? 0;
    const messages = blocks.map((block) => encodeEnvelope(block, this.#producer, sequence));
    const added = messages.reduce((sum, message) => sum + message.length, 0);
    if (held + added > this.#maxBytes) {
      return new LogError("full", `the spool holds ${held} bytes; ${added} more would pass its limit of ${this.#maxBytes}`);
    }
    blocks.forEach(({ table }, i) => {
      const next = (state.get(`next/${table}`) as number | undefined) ?? 0;
      topics[table].put(next, messages[i]!);
      state.put(`next/${table}`, next + 1);
    });
    state.put("bytes", held + added);
    state.put(`producer/${this.#producer}`, sequence);
    return undefined;
  }

  backlogBytes(): number {
    return (this.#environment.state.get("bytes") as number | undefined) ?? 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#environment.root.close();
  }
}
