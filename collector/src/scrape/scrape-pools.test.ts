import { compileRelabel } from "@lockstep/config/relabel";
import type { TargetSpec } from "@lockstep/config/target";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryLog } from "../../test/memory-log.ts";
import { closeServers, type Served, serveHttp } from "../../test/servers.ts";
import { targetOf } from "../../test/target-of.ts";
import { Publisher } from "../publish/publisher.ts";
import { ScrapePools } from "./scrape-pools.ts";

let log: MemoryLog;
let publisher: Publisher;
let pools: ScrapePools;
let served: Served;

beforeEach(async () => {
  log = new MemoryLog();
  publisher = new Publisher({ producer: log, now: Date.now, flushMs: 1e6, maxHeldRows: 1e6, onTrouble: () => {} });
  pools = new ScrapePools({ publisher, compileRelabel, now: Date.now, run: "r1" });
  served = await serveHttp((request, response) => {
    if (request.url === "/down") response.writeHead(503).end();
    else response.end("a 1\nbad line\n");
  });
});
afterEach(async () => {
  await pools.stop();
  await closeServers();
});

const target = (path: string, scrape: Record<string, unknown> = {}): TargetSpec =>
  targetOf(served.address, { scrape_interval: "500ms", scrape_timeout: "500ms", metrics_path: path, ...scrape });

/** Rows of table targets as "path health", in the order of the log. */
async function told(): Promise<string[]> {
  await publisher.flush();
  return log.rows("targets").map(({ url, health }) => `${new URL(String(url)).pathname} ${health}`);
}

const until = (expected: string[]) => expect.poll(told, { interval: 20, timeout: 10_000 }).toEqual(expected);

test("a target is told of when it appears, at each change of its state, and when it is gone", async () => {
  pools.set("p", [target("/up"), target("/down")], false);
  expect(await told()).toEqual(["/up unknown", "/down unknown"]);
  await expect.poll(async () => (await told()).length, { interval: 20, timeout: 10_000 }).toBe(4);
  expect((await told()).slice(2).sort()).toEqual(["/down down", "/up up"]);
  const rows = log.rows("targets");
  const up = rows.find(({ health }) => health === "up")!;
  expect(up).toMatchObject({
    run: "r1",
    scrape_pool: "test",
    samples: 1n,
    samples_kept: 1n,
    body_bytes: 13n,
    bad_lines: 1n,
  });
  expect(up).toMatchObject({ last_error: "", interval_seconds: 0.5, timeout_seconds: 0.5 });
  expect(up["bad_line_example"]).toMatch(/^line 2: /);
  const down = rows.find(({ health }) => health === "down")!;
  expect(down).toMatchObject({ last_error: "server returned HTTP status 503 Service Unavailable", samples: 0n });

  pools.set("p", [target("/down")], false);
  await expect.poll(async () => (await told()).slice(4), { interval: 20, timeout: 10_000 }).toEqual(["/up gone"]);
  await expect
    .poll(() => log.samples().some(({ stale, series }) => stale && series.startsWith("up{")), { timeout: 10_000 })
    .toBe(true);
});

test("the same target, discovered again, is the same loop; with another configuration it is another", async () => {
  pools.set("p", [target("/up")], false);
  await until(["/up unknown", "/up up"]);
  pools.set("p", [target("/up")], false);
  expect(await told()).toEqual(["/up unknown", "/up up"]);
  pools.set("p", [target("/up", { honor_labels: true })], false);
  await until(["/up unknown", "/up up", "/up gone", "/up unknown", "/up up"]);
  pools.set("p", [target("/up", { honor_labels: true })], true); // strict
  await expect
    .poll(async () => (await told()).slice(5), { interval: 20, timeout: 10_000 })
    .toEqual(["/up gone", "/up unknown", "/up down"]);
  expect(served.connections).toBe(3);
});

test("pools that are no longer named end", async () => {
  pools.set("p", [target("/up")], false);
  pools.set("q", [target("/down")], false);
  await expect.poll(async () => (await told()).length, { interval: 20, timeout: 10_000 }).toBe(4);
  pools.keep(new Set(["q"]));
  await expect.poll(async () => (await told()).slice(4), { interval: 20, timeout: 10_000 }).toEqual(["/up gone"]);
});

test("after stop nothing is scraped", async () => {
  pools.set("p", [target("/up")], false);
  await until(["/up unknown", "/up up"]);
  await pools.stop();
  const { requests } = served;
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(served.requests).toBe(requests);
  expect(log.samples().some(({ stale }) => stale)).toBe(false);
});
