/** The process: what it needs to start, what it says when it cannot, and what is left when it is killed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { runToEnd, ServerProcess } from "./server-process.ts";

const servers: ServerProcess[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose();
});

function newServer(): ServerProcess {
  const server = new ServerProcess();
  servers.push(server);
  return server;
}

describe("a start that cannot be says so in one line", () => {
  const cases: [string, (server: ServerProcess) => Record<string, string>, RegExp, number][] = [
    [
      "no password file",
      (server) => ({ ...server.env(), LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: join(server.data, "none") }),
      /password file cannot be read: ENOENT/,
      78,
    ],
    [
      "an empty password",
      (server) => {
        writeFileSync(server.passwordFile, "\n");
        return server.env();
      },
      /password file .* is empty/,
      78,
    ],
    [
      "no data folder given",
      (server) => ({ LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: server.passwordFile }),
      /LOCKSTEP_DATA/,
      78,
    ],
    [
      "a folder that cannot be made",
      (server) => ({ ...server.env(), LOCKSTEP_DATA: server.passwordFile }),
      /password\/clickhouse: /,
      78,
    ],
    [
      "an address that is not this machine's",
      (server) => ({ ...server.env(), LOCKSTEP_CLICKHOUSE_URL: "http://192.0.2.1:8123" }),
      /cannot listen on .*EADDRNOTAVAIL/,
      1,
    ],
    [
      "an address that is none",
      (server) => ({ ...server.env(), LOCKSTEP_CLICKHOUSE_URL: "nowhere" }),
      /expected http:\/\/HOST:PORT/,
      78,
    ],
  ];
  test.each(cases)("%s", async (_, env, line, code) => {
    const ended = await runToEnd(env(newServer()));
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toMatch(line);
    expect(ended.stderr).toMatch(/^store: [^\n]+\n$/);
  });

  test("a port in use", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as { port: number };
    const ended = await runToEnd(newServer().env(String(port)));
    holder.close();
    expect(ended).toMatchObject({ code: 1, stderr: `store: cannot listen on http://127.0.0.1:${port} (EADDRINUSE)\n` });
  });

  test("data in use", async () => {
    const server = newServer();
    await server.start();
    const ended = await runToEnd(server.env());
    expect(ended).toMatchObject({ code: 78, stderr: expect.stringContaining(`in use by process ${server.pid}`) });
    expect(await server.client().ping({ select: true })).toMatchObject({ success: true });
  });
});

function smallDisk(kilobytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]).status === 0;
  if (!mounted) rmSync(folder, { recursive: true });
  return mounted ? folder : undefined;
}

function unmount(folder: string): void {
  spawnSync("umount", [folder]);
  rmSync(folder, { recursive: true, force: true });
}

describe("a full disk", () => {
  test("at the start", async ({ skip }) => {
    const folder = smallDisk(512) ?? skip("no right to mount a small disk");
    const ended = await runToEnd({ ...newServer().env(), LOCKSTEP_DATA: folder });
    unmount(folder);
    expect(ended).toMatchObject({ code: 78, stderr: expect.stringMatching(/^store: [^\n]*the disk is full[^\n]*\n$/) });
  });

  test("while it runs: the insert is refused, may be tried again, and what was acknowledged stays", async ({
    skip,
  }) => {
    const server = newServer();
    const folder = smallDisk(24_000) ?? skip("no right to mount a small disk");
    try {
      const ballast = join(folder, "ballast");
      writeFileSync(ballast, Buffer.alloc(6_000_000));
      await server.start({ LOCKSTEP_DATA: folder });
      const client = server.client();
      await client.command({
        query: "CREATE TABLE filling (s String CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple()",
      });
      const values = Array.from({ length: 1000 }, (_, i) => ({ s: String(i).padEnd(1000, "x") }));
      let acknowledged = 0;
      const insert = () => client.insert({ table: "filling", values, format: "JSONEachRow" });
      const fill = async () => {
        for (;;) {
          await insert();
          acknowledged += values.length;
        }
      };
      await expect(fill()).rejects.toMatchObject({ code: "243", type: "NOT_ENOUGH_SPACE" });
      const count = async () => {
        const answer = await client.query({ query: "SELECT count() AS n FROM filling", format: "JSONEachRow" });
        return (await answer.json<{ n: number }>())[0]?.n;
      };
      expect(await count()).toBe(acknowledged);
      rmSync(ballast);
      await expect
        .poll(
          () =>
            insert().then(
              () => "in",
              (error: Error) => error.message,
            ),
          { timeout: 10_000, interval: 500 },
        )
        .toBe("in");
      expect(await server.end("SIGTERM")).toBe(0);
    } finally {
      await server.end("SIGKILL");
      unmount(folder);
    }
  });
});

test("kill -9 during inserts and merges: what was acknowledged is there, whole and once", async () => {
  const server = newServer();
  const rowsPerInsert = 5_000;
  const acknowledged = new Set<number>();
  let next = 0;
  await server.start();
  await server.client().command({
    query:
      "CREATE TABLE kept (insert UInt32, n UInt32) ENGINE = MergeTree ORDER BY (n, insert) SETTINGS non_replicated_deduplication_window = 1000",
  });
  for (let round = 0; round < 6; round++) {
    const client = server.client();
    const writer = async () => {
      for (;;) {
        const insert = next++;
        const values = Array.from({ length: rowsPerInsert }, (_, n) => ({ insert, n }));
        const clickhouse_settings = { insert_deduplication_token: `insert ${insert}` };
        await client.insert({ table: "kept", values, format: "JSONEachRow", clickhouse_settings });
        acknowledged.add(insert);
      }
    };
    const writers = [writer(), writer()].map((work) => work.catch(() => undefined)); // ended by the kill
    await sleep(150 + 130 * round);
    await server.end("SIGKILL");
    await Promise.all(writers);
    await server.start();
    expect(readdirSync(join(server.data, "clickhouse", "incoming"))).toEqual([]);
  }
  const query = "SELECT insert, count() AS rows, uniqExact(n) AS different FROM kept GROUP BY insert";
  const found = await (await server.client().query({ query, format: "JSONEachRow" })).json<{
    insert: number;
    rows: number;
    different: number;
  }>();
  expect(acknowledged.size).toBeGreaterThan(10);
  expect(found.filter(({ rows, different }) => rows !== rowsPerInsert || different !== rowsPerInsert)).toEqual([]);
  const there = new Set(found.map(({ insert }) => insert));
  expect([...acknowledged].filter((insert) => !there.has(insert))).toEqual([]);
});

test("it asks for the right number of threads by itself", async () => {
  const server = newServer();
  await server.start({ UV_THREADPOOL_SIZE: "" });
  const slow = Array.from({ length: 3 }, () => server.client().query({ query: "SELECT sleep(2)" }));
  await sleep(200);
  const startedAt = performance.now();
  await server.client().command({ query: "CREATE DATABASE meanwhile" });
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  await Promise.all(slow);
});
