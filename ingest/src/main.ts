import { hostname } from "node:os";
import { join } from "node:path";
import { openKafkaConsumer } from "@lockstep/log/kafka/consumer";
import { openKafkaDeadLetters } from "@lockstep/log/kafka/dead-letters";
import { kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import { LogError } from "@lockstep/log/log";
import { openSpoolConsumer } from "@lockstep/log/spool/consumer";
import { openSpoolDeadLetters } from "@lockstep/log/spool/dead-letters";
import { ConfigError } from "@lockstep/process/config-error";
import { type ProcessContext, runProcess } from "@lockstep/process/process";
import { createStore, storeOptionsFromEnv } from "@lockstep/store/client";
import { createIngest } from "./app.ts";

runProcess("ingest", async (context) => {
  const { env, log, meter } = context;
  const instance = env.LOCKSTEP_INSTANCE ?? hostname();
  let onRebalance = () => {};
  const { consumer, deadLetters } = await openLog(context, `lockstep-ingest-${instance}`, () => onRebalance());
  const store = createStore(storeOptionsFromEnv(env));
  const ingest = createIngest({ store, consumer, deadLetters, log, meter, run: env.LOCKSTEP_RUN, instance });
  onRebalance = ingest.metrics.rebalanced;
  void runOrExplain(ingest.run()); // a rejection ends the process, and the supervisor starts it again
  return { stop: () => ingest.stop() };
});

/** Starting again does not help against topics that do not fit. */
async function runOrExplain(run: Promise<void>): Promise<void> {
  try {
    await run;
  } catch (error) {
    throw error instanceof LogError && error.code === "misfit" ? new ConfigError(`Kafka: ${error.message}`) : error;
  }
}

/** Kafka where brokers are named, else the spool of this data folder. */
async function openLog({ env, log }: ProcessContext, clientId: string, onRebalance: () => void) {
  const settings = kafkaSettingsFromEnv(env);
  if (settings !== undefined) {
    return {
      consumer: await openKafkaConsumer({ settings, clientId, log, onRebalance }),
      deadLetters: await openKafkaDeadLetters(settings, clientId, log),
    };
  }
  const path = join(env.LOCKSTEP_DATA, "spool");
  return { consumer: await openSpoolConsumer({ path }), deadLetters: await openSpoolDeadLetters({ path }) };
}
