import { hostname } from "node:os";
import { join } from "node:path";
import { type KafkaSettings, kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import type { LogError } from "@lockstep/log/log";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { ConfigError } from "@lockstep/process/config-error";
import { type ProcessContext, runProcess } from "@lockstep/process/process";
import { Collector, type OpenLog } from "./app.ts";
import { selfScrapeConfig } from "./discover/self-scrape.ts";
import { parseShard } from "./discover/shard.ts";
import { readToken } from "./receive/bearer-token.ts";
import { forwardingCounts } from "./self-metrics.ts";

/** The longest that pages are gathered. With Kafka there is more of a way behind it, and two seconds for all of it. */
const FLUSH_MS = { spool: 2_000, kafka: 500 } as const;

runProcess("collector", async (context) => {
  const { env, log, meter } = context;
  const kafka = kafkaSettings(context);
  const instance = env.LOCKSTEP_INSTANCE ?? hostname();
  const collector = await Collector.start({
    configFile: env.LOCKSTEP_CONFIG,
    openLog: logOpener(context, kafka, instance),
    data: env.LOCKSTEP_DATA,
    lanes: kafka?.partitions ?? 1,
    flushMs: kafka === undefined ? FLUSH_MS.spool : FLUSH_MS.kafka,
    shard: env.LOCKSTEP_SHARD === undefined ? undefined : parseShard(env.LOCKSTEP_SHARD),
    self: selfScrapeConfig(env.LOCKSTEP_SELF_TARGETS, env.LOCKSTEP_TOKEN_FILE),
    log,
    meter,
    host: env.LOCKSTEP_HOST,
    port: env.LOCKSTEP_RECEIVE_PORT,
    token: await readToken(env.LOCKSTEP_TOKEN_FILE),
    instance,
    run: env.LOCKSTEP_RUN,
    now: Date.now,
  });
  return {
    stop: () => collector.stop(),
    reload: async () => {
      await collector.reload();
    },
  };
});

function kafkaSettings({ env }: ProcessContext): KafkaSettings | undefined {
  try {
    return kafkaSettingsFromEnv(env);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

function logOpener({ env, log, meter }: ProcessContext, kafka: KafkaSettings | undefined, instance: string): OpenLog {
  return async (spool) => {
    const path = join(env.LOCKSTEP_DATA, "spool");
    const maxBytes = spool === undefined ? {} : { maxBytes: spool.maxBytes };
    const producer = await openSpoolProducer({ path, producer: "collector", ...maxBytes });
    if (kafka === undefined) return { producer, forwarding: undefined };
    // Loaded only here: kafkajs is no small thing to have in memory where the spool is the log.
    const { startForwarding } = await import("./publish/forwarding.ts");
    const forwarding = await startForwarding({
      producer,
      path,
      ...maxBytes,
      ...(spool !== undefined && { maxAgeMs: spool.maxAgeMs }),
      settings: kafka,
      clientId: `lockstep-collector-${instance}`,
      log,
      counts: forwardingCounts(meter),
      onFatal: endProcess,
    });
    return { producer, forwarding };
  };
}

/** It comes at any time, awaited by nobody; runProcess ends the process on what nobody catches. */
function endProcess(error: LogError): void {
  const reason = error.code === "misfit" ? new ConfigError(`Kafka: ${error.message}`) : error;
  setImmediate(() => {
    throw reason;
  });
}
