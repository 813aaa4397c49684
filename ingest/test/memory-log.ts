/** One partition of a log that outlives its readers, for tests. */
import type { DeadLetters, LogMessage, PartitionClaim, Position } from "@lockstep/log/log";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Moment } from "./memory-store.ts";

export class MemoryPartition {
  readonly topic: TableName;
  readonly messages: LogMessage[] = [];
  position: Position = { offset: 0, metadata: "" };
  moment: Moment = () => {};

  constructor(topic: TableName) {
    this.topic = topic;
  }

  add(message: Omit<LogMessage, "offset" | "table"> & { table?: TableName }): void {
    this.messages.push({ table: this.topic, ...message, offset: this.messages.length });
  }

  claim(): PartitionClaim {
    return {
      logId: "log",
      topic: this.topic,
      partition: 0,
      lost: false,
      position: async () => {
        this.moment("before the position");
        return this.position;
      },
      commit: async (position) => {
        await Promise.resolve();
        this.moment("before a commit");
        if (Buffer.byteLength(position.metadata) > 4096) throw new Error("metadata over 4 KB");
        this.position = position;
        this.moment("after a commit");
      },
    };
  }
}

export class MemoryDeadLetters implements DeadLetters {
  readonly letters = new Map<string, { topic: string; offset: number; reason: string }>();
  moment: Moment = () => {};

  async put(topic: string, message: LogMessage, reason: string): Promise<void> {
    await Promise.resolve();
    this.moment("before a dead letter");
    this.letters.set(`${topic}/${message.offset}`, { topic, offset: message.offset, reason });
    this.moment("after a dead letter");
  }

  async list() {
    return [...this.letters.values()];
  }

  async close(): Promise<void> {}
}
