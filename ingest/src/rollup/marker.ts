/**
 * Marks the windows that posted samples touched, so that the runner computes them.
 *
 * A mark is written when the samples are in ClickHouse and before their position is committed: a crash in between
 * replays the range, which marks again. So every sample that is in was marked after it was in, at least once; whoever
 * reads the mark and then computes the window sees the sample. No clock is in this argument.
 *
 * One is in the saving: while a window is open, one mark by this process stands for all that it posts into it. Nobody
 * computes a window before 60 s have passed since its end by ClickHouse's clock (ROLLUP_GRACE_SECONDS); this process
 * stops relying on the earlier mark after half of that, by its own idea of the same clock.
 */
import { randomUUID } from "node:crypto";
import type { LogMessage } from "@lockstep/log/log";
import { FIVE_MINUTES, ROLLUP_GRACE_SECONDS } from "@lockstep/schemas/queries/rollup-levels";
import type { Store } from "@lockstep/store/client";
import { markRanges } from "./mark-ranges.ts";
import type { StoreClock } from "./store-clock.ts";
import { touchedWindows } from "./touched-windows.ts";

const RELIED_ON_SECONDS = FIVE_MINUTES.seconds + ROLLUP_GRACE_SECONDS / 2;
/** Windows that lie in the future stay open; more than these and they are marked with every post. */
const MAX_OPEN = 10_000;

export type Marker = (messages: readonly LogMessage[]) => Promise<void>;

export function createMarker(store: Pick<Store, "insertRows">, clock: StoreClock): Marker {
  /** Marked by this process while they were open. */
  const open = new Set<number>();
  return async (messages) => {
    const touched = touchedWindows(messages);
    if (touched.length === 0) return;
    // What was posted under the wrong time was relied on wrongly.
    const distrusted = (await clock.refresh()) ? [...open] : [];
    const isOpen = (window: number) => clock.latest() <= (window + RELIED_ON_SECONDS) * 1000;
    const due = new Set([...distrusted, ...touched.filter((window) => !open.has(window) || !isOpen(window))]);
    if (due.size === 0) return;
    const stillOpen = [...due].filter(isOpen);
    const id = randomUUID();
    const ranges = markRanges([...due].sort((a, b) => a - b));
    await store.insertRows(
      "rollup_marks",
      ranges.map((range) => ({ level: FIVE_MINUTES.seconds, ...range, id, done: 0 })),
    );
    for (const window of open) if (!isOpen(window)) open.delete(window);
    for (const window of stillOpen) if (open.size < MAX_OPEN) open.add(window);
  };
}
