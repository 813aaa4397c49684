/** The row that says "ingest is up"; the pages and /-/ready look for it. */
import type { Logger } from "@lockstep/process/process";
import { HEARTBEAT_INTERVAL_MS } from "@lockstep/schemas/process/heartbeat";
import { type Store, StoreError } from "@lockstep/store/client";

export type Heartbeat = { start(): void; stop(): void };

/** `host` tells several ingests apart; `run` is of this `lockstep start`. */
export function createHeartbeat(store: Pick<Store, "insertRows">, log: Logger, run: string, host: string): Heartbeat {
  const started = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const beat = async () => {
    const row = { process: "ingest", host, pid: process.pid, run, started, detail: "", updated: Date.now() };
    try {
      await store.insertRows("processes", [row]);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.debug({ err: error }, "no heartbeat: ClickHouse is away");
    }
  };
  return {
    start() {
      void beat();
      timer = setInterval(() => void beat(), HEARTBEAT_INTERVAL_MS);
    },
    stop: () => clearInterval(timer),
  };
}
