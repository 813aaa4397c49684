/** Watch: asks ClickHouse on a schedule, judges, and tells. Every judgement is a task; so is saying "I am up". */
import type { Leadership } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import type { WatchDetail } from "@lockstep/schemas/process/watch-detail";
import type { Store } from "@lockstep/store/client";
import { heartbeat, type Identity } from "./heartbeat.ts";
import { whileLeading } from "./leading.ts";
import { type Clock, type Schedule, startSchedule, type Task } from "./schedule/schedule.ts";
import { createWatchMetrics } from "./self-metrics.ts";

export type WatchOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly leadership: Leadership;
  /** What is done by the leader only. */
  readonly judgements: readonly Task[];
  /** What the heartbeat tells of them. */
  readonly detail: () => Omit<WatchDetail, "leads">;
  readonly log: Logger;
  readonly meter: Meter;
};

export function startWatch(options: WatchOptions): Schedule {
  const { store, clock, identity, leadership, judgements, detail, log, meter } = options;
  const metrics = createWatchMetrics(meter, leadership);
  leadership.onChange((leads) => log.info({ leads }, leads ? "leads" : "leads no longer"));
  const failing = new Set<string>();
  const all = [
    heartbeat(store, identity, () => ({ leads: leadership.leads, ...detail() })),
    ...judgements.map((task) => whileLeading(task, leadership)),
  ];
  const tasks = all.map((task) => ({
    ...task,
    async run(now: number, signal: AbortSignal) {
      await metrics.timed(task.name, () => task.run(now, signal));
      if (failing.delete(task.name)) log.info({ task: task.name }, "works again");
    },
  }));
  // Said once when it begins: a store that is away for an hour must not fill the log.
  const onError = (task: Task, error: unknown) => {
    metrics.failed(task.name);
    if (failing.has(task.name)) return;
    failing.add(task.name);
    log.warn({ err: error, task: task.name }, `${task.name} failed; it is tried again every ${task.intervalMs} ms`);
  };
  return startSchedule(tasks, clock, onError);
}
