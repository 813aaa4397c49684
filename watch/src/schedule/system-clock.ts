import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./schedule.ts";

export const systemClock: Clock = {
  now: Date.now,
  async sleep(durationMs, signal) {
    // An abort is the wanted early end of the sleep, not a failure.
    await sleep(Math.max(0, durationMs), undefined, { signal }).catch(() => undefined);
  },
};
