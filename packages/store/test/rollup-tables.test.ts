/** The roll-ups' tables on the real engine: which of two rows stays, what values they carry, and how long they are kept. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createStore, type Store } from "../src/client.ts";
import { migrate } from "../src/migrate.ts";
import { applyRetention } from "../src/retention.ts";
import { type EmbeddedProcess, startEmbedded } from "./embedded-process.ts";

const DAY_MS = 86_400_000;
const data = mkdtempSync(join(tmpdir(), "lockstep-rollup-tables-"));
let embedded: EmbeddedProcess;
let store: Store;

beforeAll(async () => {
  embedded = await startEmbedded(data);
  await migrate(embedded.options);
  store = createStore(embedded.options);
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

/** A row whose values are all `m`. */
async function put(
  table: string,
  row: { window: number; count: number; m: number | string; e: number; series?: number },
) {
  const { window, count, m, e, series = 1 } = row;
  await store.command(`INSERT INTO ${table} (metric, series, window, count, e, min_m, max_m, sum_m, first_m, last_m, increase_m)
    SELECT 1, ${series}, ${window}, ${count}, ${e}, ${m}, ${m}, ${m}, ${m}, ${m}, ${m}`);
}

const values = z.object({ count: z.number(), values: z.array(z.union([z.number(), z.null()])) });

function rowsOf(table: string) {
  return store.read({
    name: "rows",
    sql: `SELECT count, [min, max, sum, first, last, increase] AS values FROM ${table} FINAL ORDER BY metric, series, window`,
    params: {},
    row: values,
  });
}

const RECENT = Math.floor(Date.now() / 3_600_000) * 3600 - 86_400;

describe.each(["samples_5m", "samples_1h"])("%s", (table) => {
  test("of two rows of a window the one that counts more readings stays, whichever came last", async () => {
    await store.command(`TRUNCATE TABLE ${table}`);
    await put(table, { window: RECENT, count: 20, m: 2, e: 0 });
    await put(table, { window: RECENT, count: 19, m: 1, e: 0 });
    await put(table, { window: RECENT, count: 20, m: 2, e: 0 });
    expect(await rowsOf(table)).toEqual([{ count: 20, values: Array(6).fill(2) }]);
    await store.command(`OPTIMIZE TABLE ${table} FINAL`);
    expect(await rowsOf(table)).toEqual([{ count: 20, values: Array(6).fill(2) }]);
  });

  test("values are decimals, or bits", async () => {
    await store.command(`TRUNCATE TABLE ${table}`);
    await put(table, { window: RECENT, count: 1, m: -12_345, e: 3 });
    await put(table, { window: RECENT + 3600, count: 1, m: "reinterpretAsInt64(toFloat64(1e300))", e: 127 });
    expect((await rowsOf(table)).map((row) => row.values[0])).toEqual([-12.345, 1e300]);
  });
});

test("what was kept longer than the retention says goes, table by table", async () => {
  const retention = { rawMs: DAY_MS, fiveMinutesMs: 100 * DAY_MS, oneHourMs: 400 * DAY_MS };
  const ages = [50, 300, 700];
  for (const table of ["samples_5m", "samples_1h"]) {
    await store.command(`TRUNCATE TABLE ${table}`);
    for (const days of ages) await put(table, { window: RECENT - days * 86_400, count: days, m: 0, e: 0 });
  }
  await applyRetention(embedded.options, retention);
  const counts = async (table: string) => {
    await store.command(`OPTIMIZE TABLE ${table} FINAL`);
    return (await rowsOf(table)).map(({ count }) => count);
  };
  expect(await counts("samples_5m")).toEqual([50]);
  expect(await counts("samples_1h")).toEqual([300, 50]);
});

test("a retention is set once, and one of centuries does not end in the past", async () => {
  const ddl = async () => {
    const tables = await store.read({
      name: "ddl",
      sql: "SELECT name, extract(create_table_query, 'toIntervalSecond\\((\\d+)\\)') AS seconds FROM system.tables WHERE database = currentDatabase() AND name LIKE 'samples%' ORDER BY name",
      params: {},
      row: z.object({ name: z.string(), seconds: z.string() }),
    });
    return Object.fromEntries(tables.map(({ name, seconds }) => [name, Number(seconds)]));
  };
  await applyRetention(embedded.options, { rawMs: 1500, fiveMinutesMs: 2 * DAY_MS, oneHourMs: 36_500 * DAY_MS });
  const set = { samples: 2, samples_5m: 172_800, samples_1h: 50 * 365 * 86_400 };
  expect(await ddl()).toEqual(set);
  await applyRetention(embedded.options, { rawMs: 3000 });
  expect(await ddl()).toEqual({ ...set, samples: 3 });
});
