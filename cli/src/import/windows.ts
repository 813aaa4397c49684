/** The windows of an import: as asked, else the shortest grid that gives each window enough rows to be judged. */
import {
  importSpans,
  importWindows,
  importWindowsCreate,
  importWindowsGrid,
  importWindowsRows,
} from "@lockstep/schemas/queries/import-windows";
import type { Store } from "@lockstep/store/client";
import { StartError } from "../start/start-error.ts";
import type { ObservationsAsked } from "./arguments.ts";
import { count } from "./progress.ts";
import { run } from "./scratch.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const GRIDS = [5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY] as const;
/** 50 rows for each of 20 cells, ten times what the judgement asks for at the least. */
const ENOUGH_ROWS = 1000;
const MAX_WINDOWS = 100_000;

export type MadeWindows = {
  readonly windows: number;
  /** Unix ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** One line. */
  readonly said: string;
};

export type MakeWindows = {
  readonly store: Store;
  readonly table: string;
  /** The table to make. */
  readonly windows: string;
  readonly asked: Pick<ObservationsAsked, "window">;
  readonly rows: number;
  /** Whose the table is. */
  readonly note: string;
};

/** Throws StartError where there would be more windows than can be judged. */
export async function makeWindows({ store, table, windows, asked, rows, note }: MakeWindows): Promise<MadeWindows> {
  const { window } = asked;
  await run(store, importWindowsCreate({ table: windows, note }));
  let said: string;
  if (window.by === "rows") {
    await run(store, importWindowsRows({ table, windows, rows: window.rows }));
    said = `windows of ${count(window.rows)} rows in the order of time`;
  } else {
    const ms = window.by === "time" ? window.ms : await defaultGrid(store, table, rows);
    if (ms === undefined) await run(store, importWindowsRows({ table, windows, rows }));
    else await run(store, importWindowsGrid({ table, windows, windowMs: ms }));
    const why =
      window.by === "time"
        ? ""
        : ` (the shortest whose windows have ${count(ENOUGH_ROWS)} rows or more in half of the cases; --window or --rows choose another)`;
    said =
      ms === undefined
        ? `one window: ${count(rows)} rows are too few for several`
        : `windows of ${lengthText(ms)}${why}`;
  }
  const [made] = await store.read(importWindows(windows));
  if (made === undefined) throw new Error(`no windows of ${table}`);
  if (made.windows > MAX_WINDOWS) {
    throw new StartError(
      `found ${count(made.windows)} windows, expected at most ${count(MAX_WINDOWS)}: choose longer ones with --window or --rows`,
      { exitCode: 2 },
    );
  }
  return { ...made, said };
}

async function defaultGrid(store: Store, table: string, rows: number): Promise<number | undefined> {
  const spans = await store.read(importSpans({ table, windowMs: GRIDS }));
  const enough = spans.find(({ usual }) => usual >= ENOUGH_ROWS);
  if (enough !== undefined) return enough.windowMs;
  // Few rows over a long time: months rather than nothing.
  return rows >= 2 * ENOUGH_ROWS ? GRIDS.at(-1) : undefined;
}

export function lengthText(ms: number): string {
  const units: [number, string][] = [
    [7 * DAY, "week"],
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
    [1000, "second"],
  ];
  const [length, name] = units.find(([unit]) => ms % unit === 0) ?? [1, "millisecond"];
  const n = ms / length;
  return `${n} ${name}${n === 1 ? "" : "s"}`;
}
