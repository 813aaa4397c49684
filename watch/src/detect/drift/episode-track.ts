/** When trouble begins and when it is over, window by window: shown in 2 of 3 it opens, calm in 3 it closes. */
import { isOver, persists } from "@lockstep/analysis/drift/persistence";

type Seen = { readonly sinceMs: number; readonly untilMs: number; readonly shown: boolean };

/** As many as persistence looks at. */
const remembered = 3;

export type TrackChange =
  | { readonly kind: "shown"; readonly key: string; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: "closed"; readonly key: string; readonly fromMs: number; readonly toMs: number };

class Track {
  readonly #seen: Seen[] = [];
  openMs: number | undefined;
  #lastShownMs = 0;

  constructor(openMs: number | undefined) {
    this.openMs = openMs;
  }

  get isQuiet(): boolean {
    return this.openMs === undefined && this.#seen.every(({ shown }) => !shown);
  }

  /** When it was shown first of what is remembered. */
  get sinceMs(): number | undefined {
    return this.openMs ?? this.#seen.find(({ shown }) => shown)?.sinceMs;
  }

  observe(key: string, seen: Seen): TrackChange | undefined {
    this.#seen.push(seen);
    if (this.#seen.length > remembered) this.#seen.shift();
    if (seen.shown) this.#lastShownMs = seen.untilMs;
    const told = this.#seen.map(({ shown }) => (shown ? ("drift" as const) : ("no_drift" as const)));
    if (this.openMs === undefined) {
      if (!persists(told)) return undefined;
      this.openMs = this.#seen.find(({ shown }) => shown)!.sinceMs;
    }
    const fromMs = this.openMs;
    if (isOver(told)) {
      this.openMs = undefined;
      return { kind: "closed", key, fromMs, toMs: this.#lastShownMs || seen.sinceMs };
    }
    return seen.shown ? { kind: "shown", key, fromMs, toMs: seen.untilMs } : undefined;
  }
}

export type WindowSaid = {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly shown: ReadonlyMap<string, boolean>;
};

/** All of one model. Only what shows, or showed lately, is kept. */
export class EpisodeTracks {
  readonly #tracks = new Map<string, Track>();
  /** Beginning of the newest window observed. */
  lastMs = Number.NEGATIVE_INFINITY;

  /** `open`: by subject, since when. */
  constructor(open: Iterable<readonly [key: string, fromMs: number]> = []) {
    for (const [key, fromMs] of open) this.#tracks.set(key, new Track(fromMs));
  }

  /** Windows in order of time. */
  observe({ sinceMs, untilMs, shown }: WindowSaid): TrackChange[] {
    this.lastMs = Math.max(this.lastMs, sinceMs);
    const changes: TrackChange[] = [];
    for (const [key, isShown] of shown) {
      let track = this.#tracks.get(key);
      if (track === undefined) {
        if (!isShown) continue;
        track = new Track(undefined);
        this.#tracks.set(key, track);
      }
      const change = track.observe(key, { sinceMs, untilMs, shown: isShown });
      if (change !== undefined) changes.push(change);
      if (track.isQuiet) this.#tracks.delete(key);
    }
    return changes;
  }

  /** Since when it shows; undefined where it does not. */
  shownSince(key: string): number | undefined {
    return this.#tracks.get(key)?.sinceMs;
  }
}
