import { statfs } from "node:fs/promises";
import { TABLE_NAMES } from "@lockstep/schemas/blocks/tables";
import { LogError, type NoteChanges, type NotingProducer, type OutgoingBlock, type SpoolStats } from "../log.ts";
import { appendedAtOf } from "./age.ts";
import { encodeEnvelope } from "./envelope.ts";
import { asLogError, DEFAULT_MAX_BYTES, openEnvironment, type SpoolEnvironment } from "./environment.ts";
import { SpoolNotes } from "./notes.ts";

export type SpoolProducerOptions = {
  /** Folder of the spool, shared with ingest. */
  readonly path: string;
  /** Names this producer across restarts; its sequence goes on where it was. */
  readonly producer: string;
  /** Appends beyond this many bytes held are refused with code `full`. */
  readonly maxBytes?: number;
};

export async function openSpoolProducer(options: SpoolProducerOptions): Promise<NotingProducer> {
  return new SpoolProducer(openEnvironment(options.path, options.maxBytes), options);
}

/** Sequences of one append's blocks lie below those of the next. */
export const BLOCKS_PER_APPEND = 4096;
/** As messages carry it: unique in the world, because several collectors may feed one Kafka. */
export function producerName(producer: string, environment: Pick<SpoolEnvironment, "id">): string {
  return `${producer}-${environment.id.replaceAll("-", "").slice(0, 12)}`;
}

/** Ingest needs room to commit, and ClickHouse to merge, when the disk is nearly full. */
const DISK_CHECK_MS = 250;
const RESERVE = { bytes: 256 * 2 ** 20, share: 0.05 };

class SpoolProducer implements NotingProducer {
  readonly notes: SpoolNotes;
  readonly #environment: SpoolEnvironment;
  readonly #producer: string;
  readonly #maxBytes: number;
  readonly #path: string;
  readonly #name: string;
  #closed = false;
  #diskHasRoomUntil = 0;

  constructor(environment: SpoolEnvironment, options: SpoolProducerOptions) {
    this.#environment = environment;
    this.notes = new SpoolNotes(environment.root);
    this.#producer = options.producer;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#path = options.path;
    this.#name = producerName(options.producer, environment);
  }

  async append(
    blocks: readonly OutgoingBlock[],
    options: { sequence?: number; notes?: NoteChanges } = {},
  ): Promise<void> {
    if (this.#closed) throw new LogError("closed", "the spool is closed");
    if (blocks.length === 0 && options.notes === undefined) return;
    if (blocks.length > BLOCKS_PER_APPEND) throw new RangeError(`${blocks.length} blocks in one append`);
    await this.#checkDisk();
    let refusal: LogError | undefined;
    try {
      await this.#environment.root.transaction(() => {
        refusal = this.#appendInTransaction(blocks, options.sequence);
        if (refusal === undefined && options.notes !== undefined) this.notes.apply(options.notes);
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
    const now = Date.now();
    const messages = blocks.map((block, i) => encodeEnvelope(block, this.#name, sequence * BLOCKS_PER_APPEND + i, now));
    const added = messages.reduce((sum, message) => sum + message.length, 0);
    if (held + added > this.#maxBytes) {
      return new LogError(
        "full",
        `the spool holds ${held} bytes; ${added} more would pass its limit of ${this.#maxBytes}`,
      );
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

  /** A disk that has room is asked again after a while only: its reserve outlasts that, and asking costs as much as packing. */
  async #checkDisk(): Promise<void> {
    if (performance.now() < this.#diskHasRoomUntil) return;
    const disk = await statfs(this.#path);
    const free = disk.bavail * disk.bsize;
    const reserve = Math.min(RESERVE.bytes, disk.blocks * disk.bsize * RESERVE.share);
    if (free < reserve) {
      const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
      throw new LogError("full", `disk full: ${mib(free)} free in ${this.#path}, ${mib(reserve)} needed`);
    }
    this.#diskHasRoomUntil = performance.now() + DISK_CHECK_MS;
  }

  backlogBytes(): number {
    return (this.#environment.state.get("bytes") as number | undefined) ?? 0;
  }

  stats(): SpoolStats {
    const { state } = this.#environment;
    let blocks = 0;
    let oldestAt: number | undefined;
    for (const table of TABLE_NAMES) {
      const position = (state.get(`offset/${table}`) as [number, string] | undefined)?.[0] ?? 0;
      blocks += Math.max(0, ((state.get(`next/${table}`) as number | undefined) ?? 0) - position);
      const appendedAt = appendedAtOf(this.#environment, table, position);
      if (appendedAt !== undefined) oldestAt = Math.min(oldestAt ?? appendedAt, appendedAt);
    }
    return { bytes: this.backlogBytes(), blocks, oldestAt };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#environment.root.close();
  }
}
