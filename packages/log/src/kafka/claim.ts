import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { OffsetsByTopicPartition } from "kafkajs";
import { LogError, type LogMessage, type PartitionClaim, type PartitionLag, type Position } from "../log.ts";
import { PartitionBacklog } from "./claim-backlog.ts";
import type { KafkaLogger } from "./client.ts";
import { isFencing, messageOf, pause, within } from "./failure.ts";

/** How long a claim is good for: `lost` says begin nothing more, `over` that the partition may be another's. */
export type ClaimLife = {
  readonly lost: AbortSignal;
  readonly over: AbortSignal;
  /** The consumer is asked to end: what is under way gets one more try. */
  readonly stopping: AbortSignal;
  /** Called where the group refuses a commit. */
  readonly refuse: (error: unknown) => void;
};

export type KafkaClaimOptions = {
  readonly kafkaTopic: string;
  readonly logId: string;
  readonly topic: TableName;
  readonly partition: number;
  readonly life: ClaimLife;
  readonly log: KafkaLogger;
};

export type Commit = (offsets: OffsetsByTopicPartition) => Promise<void>;

const ANSWER_MS = 10_000;
const RETRY = { firstMs: 100, lastMs: 2_000 };

/** One partition, owned for one epoch of the group. */
export class KafkaClaim implements PartitionClaim {
  readonly #options: KafkaClaimOptions;
  readonly #position = Promise.withResolvers<Position>();
  readonly backlog = new PartitionBacklog();
  #commit: Commit | undefined;
  /** Behind the last message read there may be records that no reader sees: marks of transactions. */
  #read = { last: -1, next: 0 };

  constructor(options: KafkaClaimOptions) {
    this.#options = options;
    const gone = () => this.#position.reject(this.#fenced("position"));
    options.life.over.addEventListener("abort", gone, { once: true });
    this.#position.promise.catch(() => {}); // told to whoever asks
  }

  get logId(): string {
    return this.#options.logId;
  }
  get topic(): TableName {
    return this.#options.topic;
  }
  get partition(): number {
    return this.#options.partition;
  }
  get lost(): AbortSignal {
    return this.#options.life.lost;
  }

  /** Called once, with what the group had committed. */
  begin(position: Position): void {
    this.backlog.committed(position.offset);
    this.#position.resolve(position);
  }

  /**
   * Called with every batch of it. `next` is the offset after the last record of the batch, seen or not; `commit` speaks
   * for the generation that read it.
   */
  read(messages: readonly LogMessage[], next: number, highWatermark: number, commit: Commit): void {
    this.#commit = commit;
    this.#read = { last: messages.at(-1)?.offset ?? -1, next };
    this.backlog.read(messages, next);
    this.backlog.grew(highWatermark, Date.now());
  }

  lag(now: number): PartitionLag {
    const { topic, partition } = this.#options;
    return { topic, partition, ...this.backlog.lag(now) };
  }

  position(): Promise<Position> {
    return this.#position.promise;
  }

  /**
   * Once `lost`, the broker still takes the commit of a post that was under way, until it deals the partitions anew. Tries
   * while the broker is away: nobody knows then who owns the partition.
   */
  async commit({ offset, metadata }: Position): Promise<void> {
    const { kafkaTopic, partition, life } = this.#options;
    const commit = this.#commit;
    if (!(offset >= 0)) {
      throw new LogError("corrupt", `offset ${offset} of ${kafkaTopic}/${partition} is no place in a log`);
    }
    if (commit === undefined) throw this.#fenced("commit");
    const next = offset === this.#read.last + 1 ? this.#read.next : offset;
    const topics = [{ topic: kafkaTopic, partitions: [{ partition, offset: String(next), metadata }] }];
    for (let attempt = 1; ; attempt++) {
      if (life.over.aborted) throw this.#fenced("commit");
      try {
        await within(ANSWER_MS, commit({ topics }));
        break;
      } catch (error) {
        const place = `commit of ${kafkaTopic}/${partition}`;
        if (isFencing(error)) life.refuse(error);
        if (life.lost.aborted) throw this.#fenced("commit", error);
        if (life.stopping.aborted) throw new LogError("io", `${place}: ${messageOf(error)}`, { cause: error });
        this.#options.log.debug({ err: error, attempt }, `${place} failed; trying again`);
        await pause(Math.min(RETRY.lastMs, RETRY.firstMs * 2 ** (attempt - 1)), life.lost, life.stopping);
      }
    }
    this.backlog.committed(next);
  }

  #fenced(what: string, cause?: unknown): LogError {
    const { kafkaTopic, partition } = this.#options;
    const why = cause === undefined ? "the partition is another's" : messageOf(cause);
    return new LogError("fenced", `${what} of ${kafkaTopic}/${partition}: ${why}`, { cause });
  }
}
