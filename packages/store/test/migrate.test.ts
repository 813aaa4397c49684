/** The migrator against the embedded ClickHouse: alone, two at once, after a crash, and where it must refuse. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createStore, type Store, type StoreOptions } from "../src/client.ts";
import { MigrationError, migrate } from "../src/migrate.ts";
import { withMigrationLock } from "../src/migration-lock.ts";
import { type EmbeddedProcess, startEmbedded, temporaryFolder } from "./embedded-process.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-store-"));
let embedded: EmbeddedProcess;

beforeAll(async () => {
  embedded = await startEmbedded(data);
});

afterAll(async () => {
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

const into = (database: string): StoreOptions => ({ ...embedded.options, database });

async function withStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = createStore(options);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function tables(options: StoreOptions): Promise<string[]> {
  const query = {
    name: "tables",
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name",
    params: {},
    row: z.object({ name: z.string() }),
  };
  return withStore(options, async (store) => (await store.read(query)).map(({ name }) => name));
}

function folderOf(files: Record<string, string>): URL {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

const a =
  "-- a; really\nCREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x;\nINSERT INTO a VALUES (1);\n";
const b = "CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;\n";

test("the schema of this version, once", async () => {
  const { applied } = await migrate(into("whole"));
  expect(applied).toEqual([...applied].sort());
  expect(applied).toContain("0001_samples");
  expect(await migrate(into("whole"))).toEqual({ applied: [] });
  expect(await tables(into("whole"))).toEqual(expect.arrayContaining(["migrations", "samples", "series"]));
});

test("a file that is added later is applied alone", async () => {
  expect(await migrate(into("later"), { folder: folderOf({ "0001_a.sql": a }) })).toEqual({ applied: ["0001_a"] });
  const both = folderOf({ "0001_a.sql": `${a}-- a remark`, "0002_b.sql": b });
  expect(await migrate(into("later"), { folder: both })).toEqual({ applied: ["0002_b"] });
  expect(await tables(into("later"))).toEqual(["a", "b", "migrations"]);
});

test("a changed file and a newer database are refused", async () => {
  await migrate(into("strict"), { folder: folderOf({ "0001_a.sql": a, "0002_b.sql": b }) });
  const changed = folderOf({ "0001_a.sql": a, "0002_b.sql": b.replace("UInt8", "UInt16") });
  await expect(migrate(into("strict"), { folder: changed })).rejects.toThrow(/0002_b\.sql is not what was applied/);
  const older = migrate(into("strict"), { folder: folderOf({ "0001_a.sql": a }) });
  await expect(older).rejects.toThrow(MigrationError);
  await expect(older).rejects.toThrow(/0002_b, which this version does not know/);
});

test("a statement that fails leaves the file unrecorded and the lock free", async () => {
  const broken = folderOf({ "0001_a.sql": b, "0002_b.sql": "CREATE TABLE c (x NoSuchType) ENGINE = Memory;" });
  await expect(migrate(into("broken"), { folder: broken })).rejects.toMatchObject({ clickhouseName: "UNKNOWN_TYPE" });
  expect(await tables(into("broken"))).toEqual(["b", "migrations"]);
  const mended = folderOf({ "0001_a.sql": b, "0002_b.sql": "CREATE TABLE c (x UInt8) ENGINE = Memory;" });
  expect(await migrate(into("broken"), { folder: mended })).toEqual({ applied: ["0002_b"] });
});

test("of several processes at once one applies each file", async () => {
  const folder = folderOf({ "0001_a.sql": a, "0002_b.sql": b });
  const script = `
    const { migrate } = await import(${JSON.stringify(new URL("../src/migrate.ts", import.meta.url).href)});
    const { applied } = await migrate(${JSON.stringify(into("many"))}, { folder: new URL(${JSON.stringify(folder.href)}) });
    console.log(JSON.stringify(applied));`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const outputs = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      const [code] = await once(child, "close");
      expect(code).toBe(0);
      return JSON.parse(output) as string[];
    }),
  );
  expect(outputs.flat().sort()).toEqual(["0001_a", "0002_b"]);
  const rows = { name: "a", sql: "SELECT count() AS n FROM a", params: {}, row: z.object({ n: z.number() }) };
  expect(await withStore(into("many"), (store) => store.read(rows))).toEqual([{ n: 1 }]);
  expect(await tables(into("many"))).toEqual(["a", "b", "migrations"]);
});

test("the lock of a dead process is taken over by one", async () => {
  await migrate(into("dead"), { folder: folderOf({}) });
  const times = { renewMs: 100, expireMs: 600, pollMs: 50 };
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside++;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 900));
    inside--;
  };
  await withStore(into("dead"), async (store) => {
    await store.command("CREATE TABLE migrations_lock (held UInt8) ENGINE = Memory COMMENT 'gone 3'");
    await Promise.all([1, 2, 3].map(() => withMigrationLock(store, work, times)));
  });
  expect(most).toBe(1);
  expect(await tables(into("dead"))).toEqual(["migrations", "migrations_lock_of_gone_3"]);
});
