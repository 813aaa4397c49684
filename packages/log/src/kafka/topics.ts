/** The topics of a log: made where they are absent, and refused where they do not fit. */
import { TABLE_NAMES } from "@lockstep/schemas/blocks/tables";
import kafkajs, { type Admin, type ITopicConfig } from "kafkajs";
import { LogError } from "../log.ts";
import type { KafkaSettings } from "./settings.ts";
import { deadLetterTopic, leaderTopic, partitionsOf, topicOf } from "./topic-names.ts";

/** A block has up to 500,000 rows of 29 bytes, and a broker's own limit is 1 MB. */
export const MAX_MESSAGE_BYTES = 32 * 2 ** 20;
const DAY_MS = 86_400_000;

type Wanted = {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
};

function wantedTopics(settings: KafkaSettings): Wanted[] {
  const bytes = { "max.message.bytes": String(MAX_MESSAGE_BYTES) };
  const kept = { ...bytes, "cleanup.policy": "delete", "retention.ms": String(settings.retentionMs) };
  return [
    ...TABLE_NAMES.map((table) => ({
      topic: topicOf(settings, table),
      partitions: partitionsOf(settings, table),
      config: kept,
    })),
    { topic: deadLetterTopic(settings), partitions: 1, config: { ...kept, "retention.ms": String(30 * DAY_MS) } },
    {
      topic: leaderTopic(settings),
      partitions: 1,
      config: { "cleanup.policy": "delete", "retention.ms": String(DAY_MS) },
    },
  ];
}

/** Rejects with LogError `misfit` where one that is there cannot be used, with kafkajs' own errors where Kafka is away. */
export async function ensureTopics(admin: Admin, settings: KafkaSettings): Promise<void> {
  const wanted = wantedTopics(settings);
  const there = new Set(await admin.listTopics());
  const absent = wanted.filter(({ topic }) => !there.has(topic));
  if (absent.length > 0) await create(admin, settings, absent);
  await check(admin, wanted);
}

async function create(admin: Admin, settings: KafkaSettings, topics: readonly Wanted[]): Promise<void> {
  const configs: ITopicConfig[] = topics.map(({ topic, partitions, config }) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: settings.replication ?? -1,
    configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
  }));
  // Resolves to false where another process was first; what counts is what is there, and that is checked next.
  await admin.createTopics({ topics: configs, waitForLeaders: true });
}

async function check(admin: Admin, wanted: readonly Wanted[]): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted.map(({ topic }) => topic) });
  const partitions = new Map(topics.map(({ name, partitions: found }) => [name, found.length]));
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ topic }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic,
      configNames: ["max.message.bytes", "cleanup.policy"],
    })),
  });
  for (const { topic, partitions: expected, config } of wanted) {
    const found = partitions.get(topic);
    if (found !== expected) {
      throw new LogError(
        "misfit",
        `topic ${topic} has ${found} partitions, expected ${expected}: set lockstep.kafka.partitions to what it has, or add partitions with kafka-topics --alter --topic ${topic} --partitions ${expected}`,
      );
    }
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const settingOf = (name: string) => entries.find((entry) => entry.configName === name)?.configValue;
    const bytes = settingOf("max.message.bytes");
    if (config["max.message.bytes"] !== undefined && bytes !== undefined && Number(bytes) < MAX_MESSAGE_BYTES) {
      throw new LogError(
        "misfit",
        `topic ${topic} takes messages of ${bytes} bytes, expected at least ${MAX_MESSAGE_BYTES}: kafka-configs --alter --topic ${topic} --add-config max.message.bytes=${MAX_MESSAGE_BYTES}`,
      );
    }
    const policy = settingOf("cleanup.policy");
    if (policy?.includes("compact")) {
      throw new LogError(
        "misfit",
        `topic ${topic} is compacted, expected cleanup.policy delete: blocks have no keys, so compaction would lose them`,
      );
    }
  }
}
