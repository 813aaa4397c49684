import { hostname } from "node:os";
import { runProcess } from "@lockstep/process/process";
import { createStore, storeOptionsFromEnv } from "@lockstep/store/client";
import { startWatch } from "./app.ts";
import { systemClock } from "./schedule/system-clock.ts";

runProcess("watch", async ({ env, log }) => {
  const store = createStore(storeOptionsFromEnv(env));
  const watch = startWatch({
    store,
    clock: systemClock,
    identity: { host: hostname(), pid: process.pid, run: env.LOCKSTEP_RUN, startedMs: Date.now() },
    log,
  });
  return {
    async stop() {
      await watch.stop();
      await store.close();
    },
  };
});
