/** The query by which ingest looks for a post after a doubt, on the real engine, ids beyond 53 bits included. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { samplesThere } from "@lockstep/schemas/queries/samples-there";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore, type Store } from "../src/client.ts";
import { migrate } from "../src/migrate.ts";
import { type EmbeddedProcess, startEmbedded } from "./embedded-process.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-there-"));
const AT = 1_795_392_000_123;
const IDS = ["18446744073709551615", "9223372036854775809", "7"];
let embedded: EmbeddedProcess;
let store: Store;

beforeAll(async () => {
  embedded = await startEmbedded(data);
  await migrate(embedded.options);
  store = createStore(embedded.options);
  const rows = IDS.map((id, i) => `(${i}, ${id}, fromUnixTimestamp64Milli(${AT + i}), 1, 0)`);
  await store.command(`INSERT INTO samples (metric, series, ts, m, e) VALUES ${rows.join(",")}`);
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

test.each([
  { name: "all of them", ts: [AT, AT + 1, AT + 2], found: 3 },
  { name: "those whose time is right", ts: [AT, AT + 9, AT + 2], found: 2 },
  { name: "none", ts: [AT + 5, AT + 6, AT + 7], found: 0 },
])("finds $name", async ({ ts, found }) => {
  expect(await store.read(samplesThere({ metrics: [0, 1, 2], series: IDS, ts }))).toEqual([{ found }]);
});
