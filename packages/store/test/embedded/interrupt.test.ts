/** What happens to work that nobody waits for any more, or that takes too long. */
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PASSWORD, ServerProcess, USER } from "./server-process.ts";

const server = new ServerProcess();
let client: ClickHouseClient;

beforeAll(async () => {
  await server.start();
  client = server.client({ max_open_connections: 50 });
});
afterAll(() => server.dispose());

const ENDLESS = "SELECT sum(sipHash64(number, 1)) AS n FROM numbers(1000000000000)";
const ENDLESS_ROWS = "SELECT sipHash64(number, 1) AS n FROM numbers(1000000000000)";

async function running(): Promise<number> {
  const query =
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%processes%'";
  const [row] = await (await client.query({ query, format: "JSONEachRow" })).json<{ n: number }>();
  return row!.n;
}

test.each([
  ["one that has not answered yet", ENDLESS, "JSONEachRow" as const],
  ["one that is kept whole", ENDLESS_ROWS, "JSON" as const],
])("a query whose client leaves ends: %s", async (_, query, format) => {
  const leaving = new AbortController();
  const asked = client.query({ query, format, abort_signal: leaving.signal });
  await expect.poll(running).toBe(1);
  leaving.abort();
  await expect(asked).rejects.toThrow("aborted");
  await expect.poll(running, { timeout: 5_000 }).toBe(0);
});

test("a stream that is left ends", async () => {
  const answer = await client.query({ query: ENDLESS_ROWS, format: "JSONEachRow" });
  for await (const rows of answer.stream()) {
    expect(rows.length).toBeGreaterThan(0);
    break;
  }
  answer.close();
  await expect.poll(running, { timeout: 5_000 }).toBe(0);
});

test("a client that reads nothing holds its slot no longer than its time", async () => {
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  const path = `/?max_execution_time=1&query=${encodeURIComponent(`${ENDLESS_ROWS} FORMAT RowBinary`)}`;
  const stalled = request(`${server.url}${path}`, { method: "POST", headers: { authorization } });
  const answered = new Promise((resolve) => stalled.once("response", resolve));
  stalled.on("error", () => undefined); // cut by the server in the end
  stalled.end();
  await answered;
  expect(await running()).toBe(1);
  await expect.poll(running, { timeout: 10_000 }).toBe(0);
  stalled.destroy();
});

test("data that stops half-way is not inserted, and nothing of it is left", async () => {
  await client.command({ query: "CREATE TABLE half (n UInt32) ENGINE = MergeTree ORDER BY n" });
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  const path = `/?query=${encodeURIComponent("INSERT INTO half FORMAT CSV")}`;
  const headers = { authorization, "content-length": 1_000_000 };
  const cut = request(`${server.url}${path}`, { method: "POST", headers });
  cut.on("error", () => undefined); // our own doing
  cut.write("1\n".repeat(100_000));
  await expect.poll(() => readdirSync(join(server.data, "clickhouse", "incoming")).length).toBe(1);
  cut.destroy();
  await expect.poll(() => readdirSync(join(server.data, "clickhouse", "incoming")).length).toBe(0);
  const answer = await client.query({ query: "SELECT count() AS n FROM half", format: "JSONEachRow" });
  expect(await answer.json()).toEqual([{ n: 0 }]);
  expect(server.stderr).toBe("");
});

test("max_execution_time", async () => {
  const clickhouse_settings = { max_execution_time: 0.5 };
  await expect(client.query({ query: ENDLESS, clickhouse_settings })).rejects.toMatchObject({ code: "159" });
});

test("max_memory_usage", async () => {
  const clickhouse_settings = { max_memory_usage: "50000000" };
  const query = "SELECT length(groupArray(number)) FROM numbers(50000000)";
  await expect(client.query({ query, clickhouse_settings })).rejects.toMatchObject({ code: "241" });
});

test("inserts and short questions pass slow questions by, and those that wait can leave", async () => {
  await client.command({ query: "CREATE TABLE passing (n UInt32) ENGINE = MergeTree ORDER BY n" });
  const leaving = new AbortController();
  const slow = Array.from({ length: 12 }, () =>
    client.query({ query: ENDLESS, abort_signal: leaving.signal }).catch(() => undefined),
  );
  await sleep(300);
  const startedAt = performance.now();
  await client.insert({ table: "passing", values: [{ n: 1 }], format: "JSONEachRow" });
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  leaving.abort();
  await Promise.all(slow);
  await expect.poll(running, { timeout: 8_000 }).toBe(0);
});

test("it stops in order while queries run", async () => {
  const slow = client.query({ query: ENDLESS }).catch((error: Error) => error);
  await expect.poll(running).toBe(1);
  const startedAt = performance.now();
  expect(await server.end("SIGTERM")).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(await slow).toBeInstanceOf(Error);
  expect(server.stderr).toBe("");
});
