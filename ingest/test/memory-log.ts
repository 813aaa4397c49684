/** One partition of a log that outlives its readers, for tests. */
import {
  type DeadLetter,
  type DeadLetters,
  LogError,
  type LogMessage,
  type NewDeadLetter,
  type PartitionClaim,
  type Position,
} from "@lockstep/log/log";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Moment } from "./memory-store.ts";

export class MemoryPartition {
  readonly topic: TableName;
  readonly messages: LogMessage[] = [];
  position: Position = { offset: 0, metadata: "" };
  moment: Moment = () => {};
  #generation = 0;

  constructor(topic: TableName) {
    this.topic = topic;
  }

  add(message: Omit<LogMessage, "offset" | "table"> & { table?: TableName }): void {
    this.messages.push({ table: this.topic, ...message, offset: this.messages.length });
  }

  /** The newest claim owns the partition; older ones are refused. */
  claim(): PartitionClaim {
    const generation = ++this.#generation;
    const check = () => {
      if (generation !== this.#generation) throw new LogError("fenced", "another owns it");
    };
    return {
      logId: "log",
      topic: this.topic,
      partition: 0,
      lost: new AbortController().signal,
      position: async () => {
        await this.moment("before the position");
        check();
        return this.position;
      },
      commit: async (position) => {
        await Promise.resolve();
        await this.moment("before a commit");
        check();
        if (Buffer.byteLength(position.metadata) > 4096) throw new Error("metadata over 4 KB");
        this.position = position;
        await this.moment("after a commit");
      },
    };
  }
}

export class MemoryDeadLetters implements DeadLetters {
  readonly letters = new Map<string, DeadLetter>();
  moment: Moment = () => {};

  async put(letter: NewDeadLetter): Promise<void> {
    await Promise.resolve();
    await this.moment("before a dead letter");
    const id = `${letter.topic}/${letter.message.offset}`;
    this.letters.set(id, { ...letter, id, laidAsideAt: 0 });
    await this.moment("after a dead letter");
  }

  async list() {
    return [...this.letters.values()];
  }

  async get(id: string) {
    return this.letters.get(id);
  }

  async replay(id: string) {
    return this.letters.delete(id);
  }

  async close(): Promise<void> {}
}
