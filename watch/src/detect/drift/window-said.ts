/** What a window says of its model's subjects: as it was judged now, and as it is stored. */
import type { WindowSaid } from "./episode-track.ts";
import type { JudgedWindow } from "./judged-feature.ts";
import { performanceKey, shownIn, type TellingVerdict } from "./subject.ts";

type StoredVerdict = TellingVerdict & { readonly sinceAt: number; readonly untilAt: number };

export function shownBy({ features, performances }: JudgedWindow): Map<string, boolean> {
  const shown = shownIn(features);
  for (const { version, way, verdict, fallen } of performances)
    if (verdict !== "not_enough_data") shown.set(performanceKey(version, way), fallen);
  return shown;
}

/** Oldest first, as they are given. */
export function saidOf(rows: readonly StoredVerdict[]): WindowSaid[] {
  return [...Map.groupBy(rows, ({ sinceAt, untilAt }) => `${sinceAt} ${untilAt}`).values()].map((window) => ({
    sinceMs: window[0]!.sinceAt,
    untilMs: window[0]!.untilAt,
    shown: shownIn(window),
  }));
}
