import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { runProcess } from "@lockstep/process/process";
import { Collector } from "./app.ts";

runProcess("collector", async ({ env, log }) => {
  const tokenFile = env.LOCKSTEP_TOKEN_FILE;
  const collector = await Collector.start({
    configFile: env.LOCKSTEP_CONFIG,
    openProducer: (maxBytes) =>
      openSpoolProducer({
        path: join(env.LOCKSTEP_DATA, "spool"),
        producer: "collector",
        ...(maxBytes === undefined ? {} : { maxBytes }),
      }),
    log,
    host: env.LOCKSTEP_HOST,
    port: env.LOCKSTEP_RECEIVE_PORT,
    token: tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim(),
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
