/** A process for process.test.ts: MODE says how it behaves. */
import { runProcess } from "../src/process.ts";

class ConfigError extends Error {
  override name = "ConfigError";
}

const mode = process.env["MODE"];

runProcess("child", async ({ log }) => {
  if (mode === "bad-config") throw new ConfigError("targets.yml:3:1 interval: expected a duration, found 15");
  if (mode === "bad-start") throw new Error("cannot listen");
  const timer = setInterval(() => {}, 1_000);
  if (mode === "crash") setTimeout(() => Promise.reject(new Error("lost its way")), 20);
  return {
    async stop() {
      if (mode === "hang") await new Promise(() => {});
      clearInterval(timer);
    },
    async reload() {
      log.info("reload asked for");
      if (mode === "bad-reload") throw new Error("file is bad");
    },
  };
});
