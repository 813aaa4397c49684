import "server-only";
import { type ModelSeenRow, modelsSeen } from "@lockstep/schemas/queries/models-seen";
import { getStore } from "./store.ts";

export type ModelSeen = {
  readonly model: string;
  /** Over all versions, Unix ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly windowMs: number;
  /** The one that began last first. */
  readonly versions: readonly ModelSeenRow[];
};

/** A model and version each. */
const MAX_ROWS = 5000;
/** The question looks through all of the history; what came since is asked for more often. */
const ALL_KEPT_MS = 60_000;
const NEWEST_KEPT_MS = 15_000;
const NEWEST_MS = 3_600_000;

type Kept = { readonly atMs: number; readonly rows: Promise<readonly ModelSeenRow[]> };
const kept: { all?: Kept | undefined; newest?: Kept | undefined } = {};

/** All models that were ever heard, the newest first. */
export async function modelsIndex(nowMs: number): Promise<readonly ModelSeen[]> {
  const all = keep("all", nowMs, ALL_KEPT_MS, {});
  if (all.atMs === nowMs) return together(await all.rows);
  const newest = keep("newest", nowMs, NEWEST_KEPT_MS, { sinceMs: all.atMs - NEWEST_MS });
  return together(merged(await all.rows, await newest.rows));
}

function keep(which: keyof typeof kept, nowMs: number, keptMs: number, asked: { sinceMs?: number }): Kept {
  const found = kept[which];
  if (found !== undefined && nowMs - found.atMs < keptMs) return found;
  const slot = { atMs: nowMs, rows: getStore().read(modelsSeen({ ...asked, limit: MAX_ROWS })) };
  kept[which] = slot;
  // A failure is not kept: the next look asks again. So is an empty answer, since the first model is waited for.
  const forget = () => {
    if (kept[which] === slot) kept[which] = undefined;
  };
  slot.rows.then((rows) => rows.length === 0 && forget(), forget);
  return slot;
}

/** What is newer tells the end and how long windows are now. */
function merged(all: readonly ModelSeenRow[], newest: readonly ModelSeenRow[]): ModelSeenRow[] {
  const keyOf = ({ model, version }: ModelSeenRow) => `${model}\n${version}`;
  const rows = new Map(all.map((row) => [keyOf(row), row]));
  for (const row of newest) {
    const before = rows.get(keyOf(row));
    rows.set(keyOf(row), before === undefined ? row : { ...row, firstAt: Math.min(before.firstAt, row.firstAt) });
  }
  return [...rows.values()];
}

/** null: never heard. One that is new is asked for by its name. */
export async function modelSeen(model: string, nowMs: number): Promise<ModelSeen | null> {
  const known = (await modelsIndex(nowMs)).find((each) => each.model === model);
  if (known !== undefined) return known;
  return together(await getStore().read(modelsSeen({ model, limit: MAX_ROWS })))[0] ?? null;
}

function together(rows: readonly ModelSeenRow[]): ModelSeen[] {
  return [...Map.groupBy(rows, ({ model }) => model)]
    .map(([model, versions]) => ({
      model,
      firstAt: Math.min(...versions.map(({ firstAt }) => firstAt)),
      lastAt: Math.max(...versions.map(({ lastAt }) => lastAt)),
      windowMs: versions.reduce((newest, each) => (each.lastAt > newest.lastAt ? each : newest)).windowMs,
      versions: [...versions].sort((a, b) => b.firstAt - a.firstAt),
    }))
    .sort((a, b) => b.lastAt - a.lastAt || (a.model < b.model ? -1 : 1));
}
