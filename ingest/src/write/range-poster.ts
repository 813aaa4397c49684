import { randomUUID } from "node:crypto";
import { checkBlock, NativeError } from "@lockstep/formats/native";
import type { DeadLetters, LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES, type TableName } from "@lockstep/schemas/blocks/tables";
import { type Store, StoreError } from "@lockstep/store/client";
import { missingSamples } from "./missing-samples.ts";
import type { Retry } from "./retry.ts";

export type Range = {
  readonly topic: TableName;
  readonly partition: number;
  /** Names these messages for ever: the deduplication token. */
  readonly name: string;
  readonly messages: readonly LogMessage[];
  /** A predecessor may have posted it already. */
  readonly replayed: boolean;
  /** What is there already is not sent: the messages are not all that were announced under this name. */
  readonly lookFirst?: boolean;
  /** Before every try: rejects where the partition is another's by now. */
  readonly beforeSend?: () => Promise<void>;
  /** Aborts when the partition is another's, so that no try is made any more. */
  readonly lost?: AbortSignal;
};

export type RangePosterOptions = {
  readonly store: Store;
  readonly deadLetters: DeadLetters;
  /** Tries again for ever, with back-off, while an error is retriable. */
  readonly retry: Retry;
  readonly onDeadLetter: (topic: string, message: LogMessage, reason: string) => void;
  /** Rows were inserted and acknowledged again and again, and are not seen: their table may drop them for their age. */
  readonly onUnseen: (name: string) => void;
};

/** A round fails only where ClickHouse is killed within a millisecond of it. */
const MAX_ROUNDS = 5;

export class RangePoster {
  readonly #options: RangePosterOptions;

  constructor(options: RangePosterOptions) {
    this.#options = options;
  }

  /**
   * Returns the messages that are in their table now; all others are dead letters. Rejects only for errors that no retry
   * can mend, with LogError `fenced` where the partition is another's.
   */
  async post(range: Range): Promise<readonly LogMessage[]> {
    const good: LogMessage[] = [];
    for (const message of range.messages) {
      const reason = refusal(range.topic, message);
      if (reason === undefined) good.push(message);
      else await this.#layAside(range, message, reason);
    }
    if (good.length === 0) return good;
    try {
      await this.#insert({ ...range, messages: good });
      return good;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#postOneByOne({ ...range, messages: good });
    }
  }

  /** ClickHouse refused the range for what it holds: find which block, under names of their own. */
  async #postOneByOne(range: Range): Promise<readonly LogMessage[]> {
    const good: LogMessage[] = [];
    for (const message of range.messages) {
      try {
        await this.#insert({ ...range, name: `${range.name}/${message.offset}`, messages: [message] });
        good.push(message);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await this.#layAside(range, message, error.message);
      }
    }
    return good;
  }

  async #layAside({ topic, partition, lost }: Range, message: LogMessage, reason: string): Promise<void> {
    await this.#options.retry(
      `dead letter ${topic}/${partition}/${message.offset}`,
      () => this.#options.deadLetters.put({ topic, partition, message, reason }),
      lost,
    );
    this.#options.onDeadLetter(topic, message, reason);
  }

  /**
   * ClickHouse writes down a token a moment before the part is in place: killed in between, it drops the next attempt at
   * what never arrived. So where an earlier attempt may have left its token, the range is looked for, and what is not
   * there comes in under another token. Those tokens follow from the range too: a process that slept between its look
   * and its post must not insert what its successor has.
   */
  async #insert(range: Range): Promise<void> {
    const doubtful = range.lookFirst || (await this.#send(range, range.name)) || range.replayed;
    if (!doubtful) return;
    if (range.topic !== "samples") return this.#sendAgain(range);
    const { store, retry, onUnseen } = this.#options;
    for (let round = 1; ; round++) {
      const missing = await retry(`look for ${range.name}`, () => missingSamples(store, range.messages), range.lost);
      if (missing.length === 0) return;
      if (round > MAX_ROUNDS) return onUnseen(range.name);
      for (const { day, messages } of missing) {
        await this.#send({ ...range, messages }, `${range.name}/again-${round}/${day}`);
      }
    }
  }

  /** Repeated rows of the other tables collapse by themselves, so any token will do that was never used. */
  async #sendAgain(range: Range): Promise<void> {
    while (await this.#send(range, `${range.name}/again-${randomUUID()}`));
  }

  /** True where it took more than one attempt. */
  async #send(range: Range, token: string): Promise<boolean> {
    const body = range.messages.map(({ block }) => block);
    let attempts = 0;
    const attempt = async () => {
      attempts++;
      await range.beforeSend?.();
      await this.#options.store.insertNative(range.topic, body, { token });
    };
    await this.#options.retry(`insert ${range.name}`, attempt, range.lost);
    return attempts > 1;
  }
}

function isRefusal(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === "content";
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
