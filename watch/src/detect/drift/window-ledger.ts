/** Which windows of models are to be judged: closed, and not judged as they are now. */
import { type DriftDueRow, driftDue } from "@lockstep/schemas/queries/drift-due";
import { driftJudged } from "@lockstep/schemas/queries/drift-judged";
import type { WindowGrid } from "@lockstep/schemas/queries/drift-window-key";
import type { Reader } from "./read-stretches.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Scrapes and posts of a window come in until so long after it. */
const graceMs = 30_000;
/** An import is under way until nothing of a window has come in for so long. */
const settledMs = 10_000;
/** Windows that ended within are looked at each time, all of their rows. */
const nearMs = 30 * MINUTE_MS;
/** Older ones where something came in within this... */
const arrivedMs = 15 * MINUTE_MS;
/** ...and now and then those of a day, for what lay in a spool. */
const farEveryMs = 60 * MINUTE_MS;
/** Nodes' clocks may be ahead. */
const aheadMs = 5 * MINUTE_MS;
const maxLooked = 200_000;
/** At a time; what is left is due with the next look. */
const maxDue = 5_000;
/** Of a model whose reference changed. */
const maxAgain = 2_000;
const keptMs = 2 * DAY_MS;

export type DueWindow = {
  readonly model: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly newest: number;
  readonly rows: number;
};

/** `rows` undefined: another watch judged it, and did not say of how many. */
type Done = { readonly newest: number; readonly rows: number | undefined };

export class WindowLedger {
  readonly #done = new Map<string, Done>();
  /** By model: beginning of the newest window that was judged. */
  readonly #newest = new Map<string, number>();
  #farMs: number | undefined;
  /** Windows that are judged again though they are as they were. */
  readonly #again = new Map<string, DueWindow>();

  /** Oldest first. */
  async due(store: Reader, grid: WindowGrid, nowMs: number, signal: AbortSignal): Promise<DueWindow[]> {
    const first = this.#farMs === undefined;
    if (first) await this.#takeUp(store, nowMs, signal);
    const longest = Math.max(grid.usualMs, ...grid.grids.map(({ windowMs }) => windowMs));
    const nearFrom = nowMs - nearMs - 2 * longest;
    const look = async (fromMs: number, toMs: number, seenMs?: number) => {
      const seen = seenMs === undefined ? {} : { seenMs };
      const rows = await store.read(driftDue({ ...grid, fromMs, toMs, ...seen, newest: true, limit: maxLooked }), {
        signal,
      });
      return rows.map(windowOf);
    };
    // A window at the edge of the look shows some of its rows only, and would look changed.
    const near = (await look(nearFrom, nowMs + aheadMs)).filter(({ sinceMs }) => sinceMs >= nearFrom);
    const arrived = await look(0, nearFrom, nowMs - (first ? DAY_MS : arrivedMs));
    const far = nowMs - (this.#farMs ?? nowMs) >= farEveryMs || first ? await this.#far(look, nearFrom, nowMs) : [];
    const due = new Map(this.#again);
    for (const window of arrived) if (this.#changed(window, false)) due.set(keyOf(window), window);
    for (const window of [...far, ...near]) if (this.#changed(window, true)) due.set(keyOf(window), window);
    this.#forgetOld(nowMs);
    return [...due.values()]
      .filter((window) => isClosed(window, nowMs))
      .sort((a, b) => a.untilMs - b.untilMs || a.sinceMs - b.sinceMs)
      .slice(0, maxDue);
  }

  /** Windows of a model are due again: what they are compared with has changed. */
  async again(store: Reader, grid: WindowGrid, model: string, signal: AbortSignal): Promise<void> {
    const query = driftDue({ ...grid, fromMs: 0, toMs: 4e12, model, newest: true, limit: maxAgain });
    for (const row of await store.read(query, { signal })) this.#again.set(keyOf(windowOf(row)), windowOf(row));
  }

  /** Windows of a model after one, the next ones. */
  async after(
    store: Reader,
    grid: WindowGrid,
    { model, lastMs, limit }: { readonly model: string; readonly lastMs: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<DueWindow[]> {
    // One more: rows of the window itself may end after the moment.
    const rows = await store.read(driftDue({ ...grid, fromMs: lastMs, toMs: 4e12, model, limit: limit + 1 }), {
      signal,
    });
    return rows
      .map(windowOf)
      .filter(({ sinceMs }) => sinceMs > lastMs)
      .slice(0, limit);
  }

  done(window: DueWindow): void {
    const key = keyOf(window);
    this.#again.delete(key);
    this.#done.set(key, { newest: window.newest, rows: window.rows });
    this.#newest.set(window.model, Math.max(this.newest(window.model), window.sinceMs));
  }

  newest(model: string): number {
    return this.#newest.get(model) ?? Number.NEGATIVE_INFINITY;
  }

  async #takeUp(store: Reader, nowMs: number, signal: AbortSignal): Promise<void> {
    const rows = await store.read(driftJudged({ fromMs: nowMs - DAY_MS, limit: maxLooked }), { signal });
    for (const { model, sinceAt, untilAt, judged } of rows) {
      this.#newest.set(model, Math.max(this.newest(model), sinceAt));
      // Those of now are judged once more: what came in while nobody led is not known.
      if (untilAt > nowMs - nearMs) continue;
      this.#done.set(keyOf({ model, sinceMs: sinceAt, untilMs: untilAt }), { newest: judged, rows: undefined });
    }
    this.#farMs = nowMs;
  }

  async #far(look: (fromMs: number, toMs: number) => Promise<DueWindow[]>, nearFrom: number, nowMs: number) {
    this.#farMs = nowMs;
    const fromMs = nowMs - DAY_MS;
    return (await look(fromMs, nearFrom)).filter(({ sinceMs, untilMs }) => sinceMs >= fromMs && untilMs < nearFrom);
  }

  /** `whole`: all rows of the window were looked at, not only those that came in lately. */
  #changed(window: DueWindow, whole: boolean): boolean {
    const done = this.#done.get(keyOf(window));
    if (done === undefined || window.newest > done.newest) return true;
    return whole && done.rows !== undefined && window.rows !== done.rows;
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { newest }] of this.#done) {
      if (this.#done.size <= maxLooked && newest > nowMs - keptMs) break;
      if (newest <= nowMs - keptMs || this.#done.size > 2 * maxLooked) this.#done.delete(key);
    }
  }
}

/** What is imported is not of now: it is complete when no more of it comes. */
function isClosed({ untilMs, newest }: DueWindow, nowMs: number): boolean {
  return nowMs >= untilMs + graceMs && (untilMs > nowMs - nearMs || nowMs >= newest + settledMs);
}

function windowOf({ model, sinceAt, untilAt, newest, rows }: DriftDueRow): DueWindow {
  return { model, sinceMs: sinceAt, untilMs: untilAt, newest, rows };
}

function keyOf({ model, sinceMs, untilMs }: Pick<DueWindow, "model" | "sinceMs" | "untilMs">): string {
  return `${sinceMs} ${untilMs} ${model}`;
}
