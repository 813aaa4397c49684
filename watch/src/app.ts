/** Watch: asks ClickHouse on a schedule, judges, and tells. Every judgement is a task; so is saying "I am up". */
import type { Logger } from "@lockstep/process/process";
import type { Store } from "@lockstep/store/client";
import { heartbeat, type Identity } from "./heartbeat.ts";
import { type Clock, type Schedule, startSchedule, type Task } from "./schedule/schedule.ts";

export type WatchOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly log: Logger;
};

export function startWatch({ store, clock, identity, log }: WatchOptions): Schedule {
  const failing = new Set<string>();
  const tasks = [heartbeat(store, identity)].map((task) => ({
    ...task,
    async run(now: number, signal: AbortSignal) {
      await task.run(now, signal);
      if (failing.delete(task.name)) log.info({ task: task.name }, "works again");
    },
  }));
  // Said once when it begins: a store that is away for an hour must not fill the log.
  const onError = (task: Task, error: unknown) => {
    if (failing.has(task.name)) return;
    failing.add(task.name);
    log.warn({ err: error, task: task.name }, `${task.name} failed; it is tried again every ${task.intervalMs} ms`);
  };
  return startSchedule(tasks, clock, onError);
}
