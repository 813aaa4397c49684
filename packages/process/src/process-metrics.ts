/** What a process tells of itself as a whole, under the names that exporters of processes have. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Meter } from "./metrics.ts";

/** How often the event loop is sampled; its own wait of that length is not lag. */
const LOOP_RESOLUTION_MS = 20;

/** `host` as in the heartbeats: they are joined by it. Returns what ends the sampling of the event loop. */
export function observeProcess(meter: Meter, name: string, host: string, startedMs: number): () => void {
  const started = startedMs / 1000;
  meter
    .createObservableGauge("lockstep_process_info", { description: "1; the labels say which process this is." })
    .addCallback((result) => result.observe(1, { process: name, host }));
  meter
    .createObservableGauge("process_start_time_seconds", { description: "Start of the process, Unix time." })
    .addCallback((result) => result.observe(started));
  meter
    .createObservableCounter("process_cpu_seconds", { description: "User and system CPU time spent." })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
  meter
    .createObservableGauge("process_resident_memory_bytes", { description: "Resident memory." })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));

  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  meter
    .createObservableGauge("nodejs_eventloop_lag_seconds", {
      description: "99th percentile since the scrape before of how late the event loop was.",
    })
    .addCallback((result) => {
      if (loop.count > 0) result.observe(Math.max(0, loop.percentile(99) / 1e9 - LOOP_RESOLUTION_MS / 1e3));
      loop.reset();
    });
  return () => loop.disable();
}
