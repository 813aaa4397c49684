/**
 * The log between those who write telemetry and ingest: at-least-once, ordered within a partition, one topic per table.
 * Two forms, one interface: the spool on disk (spool/) and Kafka.
 */
import type { TableName } from "@lockstep/schemas/blocks/tables";

/** A block on its way in: one `Native` block of the table's columns. */
export type OutgoingBlock = {
  readonly table: TableName;
  readonly version: number;
  readonly rows: number;
  readonly block: Uint8Array;
  /**
   * Blocks of one lane stay in order. In Kafka it is the partition; the spool keeps all lanes in one. Default 0.
   */
  readonly lane?: number;
  /** When the oldest reading in it was made, ms since 1970; absent where nobody waits for it (a back-fill). */
  readonly scrapedAt?: number;
};

/** A block as the log holds it. `sequence` rises with every block of a producer; a block is (producer, sequence). */
export type LogMessage = OutgoingBlock & {
  readonly offset: number;
  readonly producer: string;
  readonly sequence: number;
  /** When the spool took it, ms since 1970 by the collector's clock. */
  readonly appendedAt?: number;
  /** When Kafka's producer sent it, ms since 1970; absent where the spool is the log. */
  readonly sentAt?: number;
};

/** What waits in a spool; `oldestAt` in ms since 1970, undefined where nothing waits or it does not say. */
export type SpoolStats = { readonly bytes: number; readonly blocks: number; readonly oldestAt: number | undefined };

export interface LogProducer {
  /**
   * Appends all blocks or none, durably against a crash of this process. Rejects with LogError: code `full` (the log is
   * at its size bound or the disk is full; retriable), `closed`, `io`.
   * With `sequence` (of the append) given, one at or below the highest this producer has appended is acknowledged and
   * dropped.
   */
  append(blocks: readonly OutgoingBlock[], options?: { sequence?: number }): Promise<void>;
  /** Bytes not yet moved on by ingest. */
  backlogBytes(): number;
  stats(): SpoolStats;
  close(): Promise<void>;
}

/** Separate sets of notes; `taken/n` are emptied in turn. */
export const NOTE_SPACES = ["meta", "streams", "taken/0", "taken/1", "taken/2", "taken/3", "taken/4"] as const;
export type NoteSpace = (typeof NOTE_SPACES)[number];

/** First spaces are emptied, then notes are put; undefined removes one. Values are plain data. */
export type NoteChanges = {
  readonly cleared?: readonly NoteSpace[];
  readonly put: ReadonlyMap<NoteSpace, ReadonlyMap<string, unknown>>;
};

export interface LogNotes {
  /** undefined where there is none. */
  get(space: NoteSpace, key: string): unknown;
  size(space: NoteSpace): number;
  entries(space: NoteSpace): Iterable<readonly [string, unknown]>;
}

/** One that keeps notes in the transaction of its blocks: both are there after a crash, or neither. */
export interface NotingProducer extends LogProducer {
  readonly notes: LogNotes;
  append(blocks: readonly OutgoingBlock[], options?: { sequence?: number; notes?: NoteChanges }): Promise<void>;
}

/** Where a consumer stands in a partition: the next offset to read and the note committed with it ("" if none). */
export type Position = { readonly offset: number; readonly metadata: string };

/**
 * A claim on one partition. When `lost` aborts, nothing new may be begun; what is under way may still be committed until
 * another consumer owns the partition. From then on every call rejects with LogError code `fenced`.
 */
export interface PartitionClaim {
  /** Names this very log: after it is wiped and begun anew, its offsets mean other messages. */
  readonly logId: string;
  readonly topic: TableName;
  readonly partition: number;
  readonly lost: AbortSignal;
  position(): Promise<Position>;
  /** Keeps offset and metadata durably; fenced where another consumer owns the partition by now. */
  commit(position: Position): Promise<void>;
}

export type LogBatch = { readonly claim: PartitionClaim; readonly messages: readonly LogMessage[] };

/** What of a partition has not been committed. */
export type PartitionLag = {
  readonly topic: TableName;
  readonly partition: number;
  readonly messages: number;
  /** Age of the oldest of them; 0 where there are none, undefined where it is not known. */
  readonly seconds: number | undefined;
};

export interface LogConsumer {
  /** Calls `onBatch` with messages in offset order, one batch of a partition at a time, from the committed offset on. */
  run(onBatch: (batch: LogBatch) => Promise<void>): Promise<void>;
  /** Whether it has claimed the partition, as far as is known here without asking. */
  holds(topic: TableName, partition: number): boolean;
  /** Of the partitions this consumer has claimed. */
  lag(): Promise<readonly PartitionLag[]>;
  stop(): Promise<void>;
}

/** `misfit`: the log is there, but not as this process needs it, and somebody has to change that. */
export type LogErrorCode = "full" | "closed" | "io" | "fenced" | "corrupt" | "misfit";

export class LogError extends Error {
  readonly code: LogErrorCode;
  readonly retriable: boolean;
  constructor(code: LogErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "LogError";
    this.code = code;
    this.retriable = code === "full" || code === "io";
  }
}

/** A block that cannot be inserted because of what it holds, laid aside. */
export type DeadLetter = {
  /** Names it among the dead letters of this log. */
  readonly id: string;
  /** Where it came from. */
  readonly topic: string;
  readonly partition: number;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly laidAsideAt: number;
  readonly message: LogMessage;
};

export type NewDeadLetter = Omit<DeadLetter, "id" | "laidAsideAt">;

export interface DeadLetters {
  /** Again for the same topic, partition and offset it changes nothing, or makes a second one of the same content. */
  put(letter: NewDeadLetter): Promise<void>;
  /** Oldest first; those replayed are gone. */
  list(): Promise<readonly Omit<DeadLetter, "message">[]>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** Puts it at the end of its topic again and takes it from the dead letters, both or neither. False: not there. */
  replay(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Which of several processes does what only one may do. */
export interface Leadership {
  /** As far as is known here, without asking. */
  readonly leads: boolean;
  /** Asks whether it still holds; to be called right before anything is sent. Never rejects: a doubt is a no. */
  confirm(): Promise<boolean>;
  onChange(listener: (leads: boolean) => void): void;
  close(): Promise<void>;
}
