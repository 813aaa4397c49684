/** Reads a topic of one partition from its beginning to what was its end when asked, and leaves no trace. */
import { randomUUID } from "node:crypto";
import type { Admin, Consumer, Kafka, KafkaMessage } from "kafkajs";
import { pause } from "./failure.ts";

/** A transaction that its producer left open hides what is behind it for up to twenty seconds. */
const SILENCE_MS = 30_000;

/**
 * Messages of transactions that are open or were aborted are left out. After a hiccup of Kafka it begins anew, and tells
 * of messages once more, in the same order. Rejects with kafkajs' errors, or where nothing
 * comes for a while. A topic that is not there is empty.
 */
export async function readToEnd(
  kafka: Kafka,
  topic: string,
  onMessage: (message: KafkaMessage) => void,
): Promise<void> {
  const end = await withAdmin(kafka, (admin) => endOffset(admin, topic));
  if (end === 0) return;
  const groupId = `${topic}.reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await runTo(consumer, end, onMessage);
  } finally {
    await consumer.disconnect();
    // Kafka forgets an empty group by itself; this only tidies up.
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => {});
  }
}

async function endOffset(admin: Admin, topic: string): Promise<number> {
  if (!(await admin.listTopics()).includes(topic)) return 0;
  const [offsets] = await admin.fetchTopicOffsets(topic);
  return offsets !== undefined && Number(offsets.high) > Number(offsets.low) ? Number(offsets.high) : 0;
}

async function runTo(consumer: Consumer, end: number, onMessage: (message: KafkaMessage) => void): Promise<void> {
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => {}); // it may fail before somebody waits for it
  const over = new AbortController();
  let heardAt = performance.now();
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // kafkajs begins again by itself, for example while a coordinator of groups is loading.
    if (!payload.restart) done.reject(payload.error);
  });
  // Also told of batches that hold only marks of transactions, which no handler sees.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    heardAt = performance.now();
    if (Number(payload.lastOffset) + 1 >= end) done.resolve();
  });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) onMessage(message);
    },
  });
  const watch = async () => {
    while (!over.signal.aborted) {
      await pause(1_000, over.signal);
      if (performance.now() - heardAt > SILENCE_MS) done.reject(new Error(`nothing came in ${SILENCE_MS / 1000} s`));
    }
  };
  void watch();
  try {
    await done.promise;
  } finally {
    over.abort();
  }
}

async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}
