import { join } from "node:path";
import { openSpoolConsumer } from "@lockstep/log/spool/consumer";
import { openSpoolDeadLetters } from "@lockstep/log/spool/dead-letters";
import { runProcess } from "@lockstep/process/process";
import { createStore, storeOptionsFromEnv } from "@lockstep/store/client";
import { createIngest } from "./app.ts";

runProcess("ingest", async ({ env, log }) => {
  const path = join(env.LOCKSTEP_DATA, "spool");
  const ingest = createIngest({
    store: createStore(storeOptionsFromEnv(env)),
    consumer: await openSpoolConsumer({ path }),
    deadLetters: await openSpoolDeadLetters({ path }),
    log,
    run: env.LOCKSTEP_RUN,
  });
  void ingest.run(); // a rejection ends the process, and the supervisor starts it again
  return { stop: () => ingest.stop() };
});
