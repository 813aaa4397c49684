/** The row that says "watch is up"; the pages and /-/ready look for it. */
import { HEARTBEAT_INTERVAL_MS } from "@lockstep/schemas/process/heartbeat";
import type { WatchDetail } from "@lockstep/schemas/process/watch-detail";
import type { Store } from "@lockstep/store/client";
import type { Task } from "./schedule/schedule.ts";

export type Identity = {
  /** Tells several watches apart. */
  readonly host: string;
  readonly pid: number;
  /** Of this `lockstep start`: rows of an earlier one do not count. */
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
};

/** Beats whether it leads or not; the detail (schemas/src/process/watch-detail.ts) says which. */
export function heartbeat(store: Pick<Store, "insertRows">, identity: Identity, tell: () => WatchDetail): Task {
  const { host, pid, run, startedMs } = identity;
  return {
    name: "heartbeat",
    intervalMs: HEARTBEAT_INTERVAL_MS,
    async run(now) {
      const detail = JSON.stringify(tell());
      const row = { process: "watch", host, pid, run, started: startedMs, detail, updated: now };
      await store.insertRows("processes", [row]);
    },
  };
}
