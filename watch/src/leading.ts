/** Of several watches one judges and tells; the others stand by. */
import type { Leadership } from "@lockstep/log/log";
import type { Task } from "./schedule/schedule.ts";

/** The task, run only while this watch leads; one that is under way is aborted when the lead goes to another. */
export function whileLeading(task: Task, leadership: Leadership): Task {
  let running: AbortController | undefined;
  leadership.onChange((leads) => {
    if (!leads) running?.abort();
  });
  return {
    ...task,
    async run(now, signal) {
      if (!leadership.leads) return;
      const lost = new AbortController();
      running = lost;
      const stop = () => lost.abort();
      signal.addEventListener("abort", stop, { once: true });
      try {
        await task.run(now, lost.signal);
      } catch (error) {
        // Whoever leads now runs it again; that it broke off here is no failure of it.
        if (!lost.signal.aborted) throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        running = undefined;
      }
    },
  };
}

/** Sends what leaves this system (a page, an alert) only where the lead is still here; false: it is not, nothing was sent. */
export async function sendIfLeading(leadership: Leadership, send: () => Promise<void>): Promise<boolean> {
  if (!(await leadership.confirm())) return false;
  await send();
  return true;
}
