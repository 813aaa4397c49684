/**
 * Ingest as src/main.ts runs it on Kafka, but about every fifth post of samples puts the process to sleep (SIGSTOP) right
 * before or right after the insert, until somebody wakes it.
 */
import { openKafkaConsumer } from "@lockstep/log/kafka/consumer";
import { openKafkaDeadLetters } from "@lockstep/log/kafka/dead-letters";
import { kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import { runProcess } from "@lockstep/process/process";
import { createStore, type Store, storeOptionsFromEnv } from "@lockstep/store/client";
import { createIngest } from "../src/app.ts";

const SHARE = 0.2;

function drowsy(store: Store, say: (where: string) => void): Store {
  return {
    ...store,
    async insertNative(table, body, options) {
      const asleep = table === "samples" && Math.random() < SHARE;
      const before = Math.random() < 0.5;
      if (asleep && before) sleepNow(`before ${options.token}`);
      await store.insertNative(table, body, options);
      if (asleep && !before) sleepNow(`after ${options.token}`);
    },
  };

  function sleepNow(where: string): void {
    say(where);
    process.kill(process.pid, "SIGSTOP");
    say(`woken ${where}`);
  }
}

runProcess("ingest", async ({ env, log, meter }) => {
  const settings = kafkaSettingsFromEnv(env);
  if (settings === undefined) throw new Error("LOCKSTEP_KAFKA_BROKERS is missing: name a broker");
  const clientId = `lockstep-ingest-${env.LOCKSTEP_INSTANCE ?? "sleeper"}`;
  const ingest = createIngest({
    store: drowsy(createStore(storeOptionsFromEnv(env)), (where) => log.info({ where }, "asleep")),
    consumer: await openKafkaConsumer({ settings, clientId, log }),
    deadLetters: await openKafkaDeadLetters(settings, clientId, log),
    log,
    meter,
    run: env.LOCKSTEP_RUN,
    instance: env.LOCKSTEP_INSTANCE ?? "sleeper",
  });
  void ingest.run(); // a rejection ends the process
  return { stop: () => ingest.stop() };
});
