import { randomUUID } from "node:crypto";
import { checkBlock, NativeError } from "@lockstep/formats/native";
import type { DeadLetters, LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES, type TableName } from "@lockstep/schemas/blocks/tables";
import { type Store, StoreError } from "@lockstep/store/client";
import { missingSamples } from "./missing-samples.ts";
import type { Retry } from "./retry.ts";

export type Range = {
  readonly topic: TableName;
  /** Names these messages for ever: the deduplication token. */
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

export class RangePoster {
  readonly #options: RangePosterOptions;

  constructor(options: RangePosterOptions) {
    this.#options = options;
  }

  /** Returns when every message is in its table or a dead letter. Rejects only for errors that no retry can mend. */
  async post(range: Range): Promise<void> {
    const good: LogMessage[] = [];
    for (const message of range.messages) {
      const reason = refusal(range.topic, message);
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

  /**
   * ClickHouse writes down a token a moment before the part is in place: killed in between, it drops the next attempt at
   * what never arrived. So where an earlier attempt may have left its token, the range is looked for, and what is not
   * there comes in under another token.
   */
  async #insert(range: Range): Promise<void> {
    const { store, retry } = this.#options;
    let doubtful = (await this.#send(range, range.name)) || range.replayed;
    while (doubtful) {
      const missing =
        range.topic === "samples"
          ? await retry(`look for ${range.name}`, () => missingSamples(store, range.messages))
          : range.messages; // repeated rows of the other tables collapse by themselves
      if (missing.length === 0) return;
      doubtful = await this.#send({ ...range, messages: missing }, `${range.name}/again-${randomUUID()}`);
    }
  }

  /** True where it took more than one attempt. */
  async #send(range: Range, token: string): Promise<boolean> {
    const body = range.messages.map(({ block }) => block);
    let attempts = 0;
    await this.#options.retry(`insert ${range.name}`, () => {
      attempts++;
      return this.#options.store.insertNative(range.topic, body, { token });
    });
    return attempts > 1;
  }
}

/** Why a message cannot be inserted, told without asking ClickHouse. */
function refusal(topic: TableName, message: LogMessage): string | undefined {
  const table = BLOCK_TABLES[topic];
  if (message.version === -1) return "its envelope cannot be read";
  if (message.table !== topic) return `a block of table ${message.table} in topic ${topic}`;
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
