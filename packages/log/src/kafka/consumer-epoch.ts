/** What a consumer owns from one join of its group to the next. */
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Admin, Consumer } from "kafkajs";
import { KafkaClaim } from "./claim.ts";
import type { KafkaLogger } from "./client.ts";
import { aborted, pause } from "./failure.ts";

export type OwnedPartition = { readonly kafkaTopic: string; readonly topic: TableName; readonly partition: number };

export type EpochOptions = {
  readonly partitions: readonly OwnedPartition[];
  readonly groupId: string;
  readonly logId: string;
  readonly consumer: Pick<Consumer, "pause" | "resume" | "seek">;
  readonly admin: Pick<Admin, "fetchOffsets" | "fetchTopicOffsets">;
  readonly stopping: AbortSignal;
  readonly log: KafkaLogger;
};

type Place = { readonly committed: number; readonly metadata: string; readonly low: number; readonly high: number };

const RETRY = { firstMs: 100, lastMs: 2_000 };

export class Epoch {
  readonly #options: EpochOptions;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  readonly #claims = new Map<string, KafkaClaim>();
  #cause: unknown;

  /** Reading is paused until it is known where each partition goes on. */
  constructor(options: EpochOptions) {
    this.#options = options;
    const { partitions, logId, stopping, log } = options;
    const refuse = (error: unknown) => {
      this.#cause ??= error;
      this.end();
    };
    const life = { lost: this.lost, over: this.#over.signal, stopping, refuse };
    for (const owned of partitions) this.#claims.set(keyOf(owned), new KafkaClaim({ ...owned, logId, life, log }));
    options.consumer.pause(
      partitions.map(({ kafkaTopic, partition }) => ({ topic: kafkaTopic, partitions: [partition] })),
    );
    void this.#begin();
  }

  /** Aborts when nothing new may be begun: the group is about to deal the partitions anew, or has. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get claims(): readonly KafkaClaim[] {
    return [...this.#claims.values()];
  }

  claim(topic: TableName, partition: number): KafkaClaim | undefined {
    return this.#claims.get(keyOf({ topic, partition }));
  }

  /** The group asks its members to join again; until they have, the old owners are the owners. */
  announce(cause: unknown): void {
    this.#cause ??= cause;
    this.#lost.abort();
  }

  end(): void {
    this.#lost.abort();
    this.#over.abort();
  }

  /** Resolves so long after `lost`, at once where it is over, or when nobody waits any more. */
  async whenLost(graceMs: number, unwanted: AbortSignal): Promise<void> {
    await aborted(this.lost, unwanted);
    await pause(graceMs, this.#over.signal, unwanted);
  }

  /** Ends it, and gives an error on which kafkajs joins the group again. */
  leave(): unknown {
    this.end();
    return this.#cause ?? Object.assign(new Error("the epoch has ended"), { type: "REBALANCE_IN_PROGRESS" });
  }

  /** kafkajs would begin at a committed offset that Kafka no longer has by committing a negative one, without our note. */
  async #begin(): Promise<void> {
    const { consumer, log } = this.#options;
    for (let attempt = 1; !this.lost.aborted; attempt++) {
      try {
        const places = await this.#places();
        if (this.lost.aborted) return;
        for (const owned of this.#options.partitions) this.#beginPartition(owned, places.get(keyOf(owned)));
        for (const { kafkaTopic, partition } of this.#options.partitions) {
          consumer.resume([{ topic: kafkaTopic, partitions: [partition] }]);
        }
        return;
      } catch (error) {
        if (attempt === 3) log.warn({ err: error }, "Kafka does not tell where to go on; tried until it does");
        await pause(Math.min(RETRY.lastMs, RETRY.firstMs * 2 ** (attempt - 1)), this.lost);
      }
    }
  }

  #beginPartition({ kafkaTopic, topic, partition }: OwnedPartition, place: Place | undefined): void {
    const { consumer, log } = this.#options;
    if (place === undefined) throw new Error(`Kafka tells nothing about partition ${partition} of ${kafkaTopic}`);
    const { committed, metadata, low, high } = place;
    const where = { topic: kafkaTopic, partition, committed, low, high };
    if (committed === -2 || (committed >= 0 && committed < low)) {
      log.error(where, "Kafka's retention removed messages before they were read: they are lost; keep them for longer");
    } else if (committed > high) {
      log.error(where, "the topic is shorter than what was read of it: it was made anew, or Kafka has lost messages");
    }
    const known = committed >= low && committed <= high;
    consumer.seek({ topic: kafkaTopic, partition, offset: String(known ? committed : low) });
    const claim = this.#claims.get(keyOf({ topic, partition }));
    claim?.begin({ offset: committed < 0 ? low : committed, metadata });
    claim?.backlog.grew(high, undefined);
  }

  async #places(): Promise<ReadonlyMap<string, Place>> {
    const { admin, groupId, partitions } = this.#options;
    const topics = new Map(partitions.map(({ kafkaTopic, topic }) => [kafkaTopic, topic]));
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics.keys()] });
    const places = new Map<string, Place>();
    for (const [kafkaTopic, topic] of topics) {
      const kept = committed.find((each) => each.topic === kafkaTopic)?.partitions ?? [];
      for (const { partition, low, high } of await admin.fetchTopicOffsets(kafkaTopic)) {
        const own = kept.find((each) => each.partition === partition);
        places.set(keyOf({ topic, partition }), {
          committed: Number(own?.offset ?? -1),
          metadata: own?.metadata ?? "",
          low: Number(low),
          high: Number(high),
        });
      }
    }
    return places;
  }
}

function keyOf({ topic, partition }: Pick<OwnedPartition, "topic" | "partition">): string {
  return `${topic}/${partition}`;
}
