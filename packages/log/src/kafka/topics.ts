/** The topics of a log: made where they are absent, and refused where they do not fit. */
import { setTimeout as sleep } from "node:timers/promises";
import { TABLE_NAMES } from "@lockstep/schemas/blocks/tables";
import kafkajs, { type Admin, type ITopicConfig } from "kafkajs";
import { LogError } from "../log.ts";
import { isOfType, messageOf } from "./failure.ts";
import type { KafkaSettings } from "./settings.ts";
import { deadLetterTopic, isSpread, leaderTopic, partitionsOf, topicOf } from "./topic-names.ts";

/** A block has up to 500,000 rows of 29 bytes, and a broker's own limit is 1 MB. */
export const MAX_MESSAGE_BYTES = 32 * 2 ** 20;
const DAY_MS = 86_400_000;
const KNOWN_MS = 10_000;
const NOT_YET_KNOWN: ReadonlySet<string> = new Set(["UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE"]);

type Wanted = {
  readonly topic: string;
  readonly partitions: number;
  /** Whether that number is the configured one. */
  readonly spread: boolean;
  readonly config: Readonly<Record<string, string>>;
};

function wantedTopics(settings: KafkaSettings): Wanted[] {
  const bytes = { "max.message.bytes": String(MAX_MESSAGE_BYTES) };
  const kept = { ...bytes, "cleanup.policy": "delete", "retention.ms": String(settings.retentionMs) };
  return [
    ...TABLE_NAMES.map((table) => ({
      topic: topicOf(settings, table),
      partitions: partitionsOf(settings, table),
      spread: isSpread(table),
      config: kept,
    })),
    {
      topic: deadLetterTopic(settings),
      partitions: 1,
      spread: false,
      config: { ...kept, "retention.ms": String(30 * DAY_MS) },
    },
    {
      topic: leaderTopic(settings),
      partitions: 1,
      spread: false,
      config: { "cleanup.policy": "delete", "retention.ms": String(DAY_MS) },
    },
  ];
}

/**
 * Creates those that are absent; two processes may do so at once. Rejects with LogError `misfit` where one that is there
 * cannot be used, with LogError `io` where one was not created, with kafkajs' own errors where Kafka is away.
 */
export async function ensureTopics(admin: Admin, settings: KafkaSettings): Promise<void> {
  const wanted = wantedTopics(settings);
  const there = new Set(await admin.listTopics());
  const absent = wanted.filter(({ topic }) => !there.has(topic));
  if (absent.length > 0) await create(admin, settings, absent);
  const found = await untilKnown(() => findTopics(admin, wanted));
  for (const topic of wanted) check(topic, found.get(topic.topic));
}

async function create(admin: Admin, settings: KafkaSettings, topics: readonly Wanted[]): Promise<void> {
  const configs: ITopicConfig[] = topics.map(({ topic, partitions, config }) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: settings.replication ?? -1,
    configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
  }));
  try {
    // Resolves to false where another process was first; what counts is what is there, and that is checked next.
    await admin.createTopics({ topics: configs, waitForLeaders: false });
  } catch (error) {
    throw new LogError("io", `topics could not be created: ${messageOf(error)}`, { cause: error });
  }
}

/** A broker hears of a new topic a moment after it was made; kafkajs asks once, and takes its ignorance for an error. */
async function untilKnown<T>(ask: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + KNOWN_MS; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (!isOfType(error, NOT_YET_KNOWN) || performance.now() > end) throw error;
      await sleep(100);
    }
  }
}

type Found = { readonly partitions: number; readonly setting: (name: string) => string | undefined };

async function findTopics(admin: Admin, wanted: readonly Wanted[]): Promise<Map<string, Found>> {
  const names = wanted.map(({ topic }) => topic);
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ["max.message.bytes", "cleanup.policy"],
    })),
  });
  return new Map(
    topics.map(({ name, partitions }) => {
      const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
      const setting = (key: string) => entries.find(({ configName }) => configName === key)?.configValue;
      return [name, { partitions: partitions.length, setting }];
    }),
  );
}

function check(wanted: Wanted, found: Found | undefined): void {
  const { topic, partitions, config } = wanted;
  if (found === undefined) throw new LogError("io", `topic ${topic} was made and is not there yet`);
  if (found.partitions !== partitions) {
    throw new LogError(
      "misfit",
      `topic ${topic} has ${found.partitions} partitions, expected ${partitions}: ${cureOf(wanted, found.partitions)}`,
    );
  }
  const bytes = found.setting("max.message.bytes");
  if (config["max.message.bytes"] !== undefined && bytes !== undefined && Number(bytes) < MAX_MESSAGE_BYTES) {
    throw new LogError(
      "misfit",
      `topic ${topic} takes messages of ${bytes} bytes, expected at least ${MAX_MESSAGE_BYTES}: kafka-configs --alter --topic ${topic} --add-config max.message.bytes=${MAX_MESSAGE_BYTES}`,
    );
  }
  const policy = found.setting("cleanup.policy");
  if (policy?.includes("compact")) {
    throw new LogError(
      "misfit",
      `topic ${topic} has cleanup.policy ${policy}, expected delete (blocks have no keys to be compacted by): kafka-configs --alter --topic ${topic} --add-config cleanup.policy=delete`,
    );
  }
}

/** Kafka can add partitions to a topic and never take one away. */
function cureOf({ topic, partitions: expected, spread }: Wanted, found: number): string {
  const add = `kafka-topics --alter --topic ${topic} --partitions ${expected}`;
  if (spread) return `set lockstep.kafka.partitions to ${found}${found < expected ? `, or ${add}` : ""}`;
  return found < expected ? add : "set lockstep.kafka.topic_prefix to one that nobody uses, or remove the topic";
}
