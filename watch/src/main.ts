import { hostname } from "node:os";
import { openKafkaLeadership } from "@lockstep/log/kafka/leadership";
import { kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import { soleLeader } from "@lockstep/log/sole-leader";
import { ConfigError } from "@lockstep/process/config-error";
import { type ProcessContext, runProcess } from "@lockstep/process/process";
import { createStore, storeOptionsFromEnv } from "@lockstep/store/client";
import { startWatch } from "./app.ts";
import { createDetectors } from "./detect/detectors.ts";
import { createThreadDriftWork } from "./detect/drift/thread-drift-work.ts";
import { createThreadJudge } from "./detect/straggler/thread-judge.ts";
import { systemClock } from "./schedule/system-clock.ts";

runProcess("watch", async (context) => {
  const { env, log, meter } = context;
  const host = env.LOCKSTEP_INSTANCE ?? hostname();
  const storeOptions = storeOptionsFromEnv(env);
  const store = createStore(storeOptions);
  const leadership = await openLeadership(context, host);
  const detectors = await createDetectors({
    store,
    judge: createThreadJudge(storeOptions),
    drift: createThreadDriftWork(storeOptions),
    configFile: env.LOCKSTEP_CONFIG || undefined,
    leadership,
    log,
    meter,
  });
  const watch = startWatch({
    store,
    clock: systemClock,
    identity: { host, pid: process.pid, run: env.LOCKSTEP_RUN, startedMs: Date.now() },
    leadership,
    judgements: detectors.tasks,
    detail: () => detectors.detail(),
    log,
    meter,
  });
  return {
    async stop() {
      await watch.stop();
      await detectors.stop();
      await leadership.close();
      await store.close();
    },
  };
});

/** Kafka decides where brokers are named, and several watches may run; else this one is the only one. */
async function openLeadership({ env, log }: ProcessContext, identity: string) {
  const settings = kafkaSettingsFromEnv(env);
  if (settings === undefined) return soleLeader();
  return openKafkaLeadership({
    settings,
    clientId: `lockstep-watch-${identity}`,
    identity,
    log,
    onMisfit: (error) => {
      void Promise.reject(new ConfigError(`Kafka: ${error.message}`)); // ends the process
    },
  });
}
