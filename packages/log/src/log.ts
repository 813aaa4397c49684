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
};

/** A block as the log holds it. `sequence` rises with every block of a producer; a block is (producer, sequence). */
export type LogMessage = OutgoingBlock & {
  readonly offset: number;
  readonly producer: string;
  readonly sequence: number;
};

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
  close(): Promise<void>;
}

/** Where a consumer stands in a partition: the next offset to read and the note committed with it ("" if none). */
export type Position = { readonly offset: number; readonly metadata: string };

/** A claim on one partition, valid until `lost`; every call on a lost claim rejects with LogError code `fenced`. */
export interface PartitionClaim {
  /** Names this very log: after it is wiped and begun anew, its offsets mean other messages. */
  readonly logId: string;
  readonly topic: TableName;
  readonly partition: number;
  readonly lost: boolean;
  position(): Promise<Position>;
  /** Keeps offset and metadata durably; fenced where another consumer owns the partition by now. */
  commit(position: Position): Promise<void>;
}

export type LogBatch = { readonly claim: PartitionClaim; readonly messages: readonly LogMessage[] };

export interface LogConsumer {
  /** Calls `onBatch` with messages in offset order, one batch of a partition at a time, from the committed offset on. */
  run(onBatch: (batch: LogBatch) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export type LogErrorCode = "full" | "closed" | "io" | "fenced" | "corrupt";

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

/** Where blocks go that cannot be inserted because of what they hold. */
export interface DeadLetters {
  put(topic: string, message: LogMessage, reason: string): Promise<void>;
  list(): Promise<{ topic: string; offset: number; reason: string }[]>;
  close(): Promise<void>;
}
