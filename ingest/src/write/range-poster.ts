import { createHash } from "node:crypto";
import { checkBlock, NativeError, withConstantColumn } from "@lockstep/formats/native";
import type { DeadLetters, LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES, type TableName } from "@lockstep/schemas/blocks/tables";
import { countOrigin } from "@lockstep/schemas/queries/origin";
import { type Store, StoreError } from "@lockstep/store/client";
import type { Retry } from "./retry.ts";

export type Range = {
  readonly topic: TableName;
  /** Names these messages for ever: the deduplication token, and by its hash their rows' `origin`. */
  readonly name: string;
  readonly messages: readonly LogMessage[];
  /** A predecessor may have posted it already. */
  readonly replayed: boolean;
};

export type RangePosterOptions = {
  readonly store: Store;
  readonly deadLetters: DeadLetters;
  /** Tries again for ever, with back-off, while an error is retriable. */
  readonly retry: Retry;
  readonly onDeadLetter: (topic: string, message: LogMessage, reason: string) => void;
};

/** Only rows of a plain MergeTree can be counted again; the other tables collapse repeated rows by themselves. */
const COUNTED: ReadonlySet<TableName> = new Set(["samples"]);

export class RangePoster {
  readonly #options: RangePosterOptions;

  constructor(options: RangePosterOptions) {
    this.#options = options;
  }

  /** Returns when every message is in its table or a dead letter. Rejects only for errors that no retry can mend. */
  async post(range: Range): Promise<void> {
    const good: LogMessage[] = [];
    for (const message of range.messages) {
      const reason = refusal(message);
      if (reason === undefined) good.push(message);
      else await this.#layAside(range.topic, message, reason);
    }
    if (good.length === 0) return;
    try {
      await this.#insert({ ...range, messages: good });
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "content") throw error;
      await this.#postOneByOne({ ...range, messages: good });
    }
  }

  /** ClickHouse refused the range for what it holds: find which block, under names of their own. */
  async #postOneByOne(range: Range): Promise<void> {
    for (const message of range.messages) {
      const single = { ...range, name: `${range.name}/${message.offset}`, messages: [message] };
      try {
        await this.#insert(single);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "content") throw error;
        await this.#layAside(range.topic, message, error.message);
      }
    }
  }

  async #layAside(topic: string, message: LogMessage, reason: string): Promise<void> {
    await this.#options.retry(`dead letter ${topic}/${message.offset}`, () =>
      this.#options.deadLetters.put(topic, message, reason),
    );
    this.#options.onDeadLetter(topic, message, reason);
  }

  async #insert(range: Range): Promise<void> {
    if (!range.replayed || !COUNTED.has(range.topic)) {
      await this.#send(range, range.name);
      return;
    }
    const expected = range.messages.reduce((rows, message) => rows + message.rows, 0);
    if ((await this.#count(range)) >= expected) return;
    await this.#send(range, range.name);
    if ((await this.#count(range)) >= expected) return;
    // ClickHouse wrote down the token but died before the part was in place, so it drops what is not there. What there
    // is of the range (one part of a post that spans days) goes, and all of it comes in under another token.
    await this.#options.retry(`delete part of ${range.name}`, () =>
      this.#options.store.command(
        "ALTER TABLE samples DELETE WHERE origin = {origin:UInt64} SETTINGS mutations_sync = 1",
        { origin: originOf(range.name).toString() },
      ),
    );
    await this.#send(range, `${range.name}/again-${Date.now()}`);
  }

  async #send(range: Range, token: string): Promise<void> {
    const origin = originOf(range.name);
    const body = range.messages.flatMap(({ block }) => withConstantColumn(block, "origin", origin));
    await this.#options.retry(`insert ${range.name}`, () =>
      this.#options.store.insertNative(range.topic, body, { token }),
    );
  }

  async #count(range: Range): Promise<number> {
    const query = countOrigin({ origin: originOf(range.name).toString() });
    const rows = await this.#options.retry(`count ${range.name}`, () => this.#options.store.read(query));
    return rows[0]?.rows ?? 0;
  }
}

/** Why a message cannot be inserted, told without asking ClickHouse. */
function refusal(message: LogMessage): string | undefined {
  const table = BLOCK_TABLES[message.table];
  if (message.version === -1) return "its envelope cannot be read";
  if (table === undefined) return `unknown table ${message.table}`;
  if (message.version !== table.version)
    return `version ${message.version} of ${message.table}, expected ${table.version}`;
  try {
    checkBlock(table, message.rows, message.block);
    return undefined;
  } catch (error) {
    if (error instanceof NativeError) return error.message;
    throw error;
  }
}

function originOf(name: string): bigint {
  return createHash("sha1").update(name).digest().readBigUInt64LE(0);
}
