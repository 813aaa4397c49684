/**
 * Leads whoever owns the one partition of `<prefix>.leader` in a consumer group; nothing is ever written to it. What is
 * known here may be old (a process may have slept), so whoever is about to act asks the group: it takes a commit only from
 * the generation that owns the partition now.
 */
import type { Consumer, ConsumerCommitOffsetsEvent, Kafka } from "kafkajs";
import { type Leadership, LogError } from "../log.ts";
import { createKafka, type KafkaLogger } from "./client.ts";
import { aborted, messageOf, pause, within } from "./failure.ts";
import { createStickyAssigner } from "./leadership-assigner.ts";
import type { KafkaSettings } from "./settings.ts";
import { leaderTopic } from "./topic-names.ts";
import { ensureTopics } from "./topics.ts";

export type KafkaLeadershipOptions = {
  readonly settings: KafkaSettings;
  /** Default `<prefix>.watch`. */
  readonly groupId?: string;
  readonly clientId: string;
  /** Stands beside the committed offset, for people who look who leads. */
  readonly identity: string;
  readonly log: KafkaLogger;
  /** Kafka's topics do not fit: there will be no leader until somebody has changed that. */
  readonly onMisfit: (error: LogError) => void;
};

/** A dead leader is found out after this; with the others' next heartbeat and a join the take-over is done in 11 s. */
const SESSION_TIMEOUT_MS = 8_000;
const HEARTBEAT_MS = 1_000;
const CONFIRM_MS = 2_000;
const CLOSE_MS = 5_000;
const RETRY = { firstMs: 500, lastMs: 5_000 };

/** Resolves at once, also while Kafka is away; nobody leads then. */
export async function openKafkaLeadership(options: KafkaLeadershipOptions): Promise<Leadership> {
  return new KafkaLeadership(options);
}

/** From the join that gave the partition to the next one. */
type Term = { readonly began: number };

class KafkaLeadership implements Leadership {
  readonly #options: KafkaLeadershipOptions;
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(leads: boolean) => void>();
  readonly #running: Promise<void>;
  #consumer: Consumer | undefined;
  #term: Term | undefined;
  /** When the group last answered, ms since 1970. */
  #heardAt = 0;
  /** When the last term of this process began. */
  #ledAt = 0;
  #told = false;
  #confirms = 0;

  constructor(options: KafkaLeadershipOptions) {
    this.#options = options;
    this.#kafka = createKafka(options.settings, options.clientId, options.log);
    this.#topic = leaderTopic(options.settings);
    this.#running = this.#run();
  }

  /** A member that was not heard for the length of its session is none any more. */
  get leads(): boolean {
    return this.#term !== undefined && Date.now() - this.#heardAt < SESSION_TIMEOUT_MS;
  }

  onChange(listener: (leads: boolean) => void): void {
    this.#listeners.add(listener);
  }

  async confirm(): Promise<boolean> {
    const term = this.#term;
    const consumer = this.#consumer;
    if (!this.leads || consumer === undefined) return false;
    const asked = { wall: Date.now(), monotonic: performance.now() };
    try {
      await within(CONFIRM_MS, this.#commit(consumer));
    } catch (error) {
      this.#options.log.debug({ err: error }, "the leadership was not confirmed");
      return false;
    }
    // An answer may have waited for a process that slept meanwhile.
    const took = Math.max(Date.now() - asked.wall, performance.now() - asked.monotonic);
    return took < CONFIRM_MS && this.#term === term && this.leads;
  }

  /** kafkajs resolves also where it has committed nothing, because it stops; the event is sent only after an answer. */
  async #commit(consumer: Consumer): Promise<void> {
    const metadata = `${this.#options.identity} ${++this.#confirms}`;
    let accepted = false;
    const removeListener = consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
      if (metadataOf(payload) === metadata) accepted = true;
    });
    try {
      await consumer.commitOffsets([{ topic: this.#topic, partition: 0, offset: "0", metadata }]);
    } finally {
      removeListener();
    }
    if (!accepted) throw new LogError("fenced", "nothing was committed");
  }

  async #run(): Promise<void> {
    const watch = setInterval(() => this.#tell(), HEARTBEAT_MS);
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#session(() => {
          failures = 0;
        });
      } catch (error) {
        const { log, settings, onMisfit } = this.#options;
        if (error instanceof LogError && error.code === "misfit") {
          onMisfit(error);
          break;
        }
        if (failures++ === 0) {
          log.warn({ err: error }, `no leader can be found (${settings.brokers.join(", ")}); tried until one can`);
        }
      }
      await pause(Math.min(RETRY.lastMs, RETRY.firstMs * 2 ** failures), this.#closing.signal);
    }
    clearInterval(watch);
  }

  /** One membership, to its crash (rejects) or the close. */
  async #session(onJoin: () => void): Promise<void> {
    await this.#checkTopics();
    const consumer = this.#kafka.consumer({
      groupId: this.#options.groupId ?? `${this.#options.settings.topicPrefix}.watch`,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: HEARTBEAT_MS / 2,
      allowAutoTopicCreation: false,
      partitionAssigners: [createStickyAssigner(this.#topic, () => this.#ledAt)],
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    const crash = Promise.withResolvers<never>();
    crash.promise.catch(() => {}); // told by the race below
    this.#listen(consumer, onJoin, crash.reject);
    this.#consumer = consumer;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch: async () => {} });
      await Promise.race([crash.promise, aborted(this.#closing.signal)]);
    } finally {
      this.#endTerm();
      this.#consumer = undefined;
      await within(CLOSE_MS, consumer.disconnect()).catch((error) => {
        this.#options.log.debug({ err: error }, `leaving the group: ${messageOf(error)}`);
      });
    }
  }

  #listen(consumer: Consumer, onJoin: () => void, onCrash: (error: Error) => void): void {
    const { GROUP_JOIN, REQUEST, HEARTBEAT, REBALANCING, CRASH, STOP, DISCONNECT } = consumer.events;
    consumer.on(HEARTBEAT, () => {
      this.#heardAt = Date.now();
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      onJoin();
      this.#heardAt = Date.now();
      const chosen = payload.memberAssignment[this.#topic]?.includes(0) ?? false;
      this.#term = chosen ? { began: Date.now() } : undefined;
      this.#ledAt = this.#term?.began ?? this.#ledAt;
      this.#tell();
    });
    consumer.on(REQUEST, ({ payload }) => {
      if (payload.apiName === "JoinGroup") this.#endTerm();
    });
    for (const event of [REBALANCING, STOP, DISCONNECT] as const) consumer.on(event, () => this.#endTerm());
    consumer.on(CRASH, ({ payload }) => {
      this.#endTerm();
      onCrash(payload.error);
    });
  }

  async #checkTopics(): Promise<void> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      await ensureTopics(admin, this.#options.settings);
    } finally {
      await admin.disconnect().catch(() => {}); // it told us already what is wrong
    }
  }

  #endTerm(): void {
    this.#term = undefined;
    this.#tell();
  }

  #tell(): void {
    const { leads } = this;
    if (leads === this.#told) return;
    this.#told = leads;
    for (const listener of this.#listeners) listener(leads);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}

function metadataOf(payload: ConsumerCommitOffsetsEvent["payload"]): string | undefined {
  // Declared without it, and sent with it.
  const [first] = payload.topics.flatMap(({ partitions }) => partitions as readonly { readonly metadata?: string }[]);
  return first?.metadata;
}
