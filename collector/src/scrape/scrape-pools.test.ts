import { compileRelabel } from "@lockstep/config/relabel";
import type { TargetSpec } from "@lockstep/config/target";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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

describe("a target under another configuration goes on:", () => {
  /** What the log has of series a, b, c and `up`, in order, "stale" for a marker. */
  async function history(name: string): Promise<(number | "stale")[]> {
    await publisher.flush();
    const ours = log.samples().filter(({ series }) => series.startsWith(`${name}{`));
    return ours.map(({ value, stale }) => (stale ? "stale" : value));
  }
  const stale = (values: readonly (number | "stale")[]) => values.filter((value) => value === "stale").length;
  const more = (name: string, count: number) =>
    expect
      .poll(async () => (await history(name)).length, { interval: 20, timeout: 10_000 })
      .toBeGreaterThanOrEqual(count);
  const dropB = { metric_relabel_configs: [{ action: "drop", source_labels: ["__name__"], regex: "b" }] };
  let page = "";
  let status = 200;

  beforeEach(async () => {
    [page, status] = ["a 1\nb 2\nc 3\n", 200];
    served = await serveHttp((_request, response) => response.writeHead(status).end(page));
    pools.set("p", [target("/")], false);
    await more("a", 1);
  });

  test("only series that are really gone go stale", async () => {
    page = "a 1\nb 2\n";
    pools.set("p", [target("/", dropB)], false);
    await more("a", 2);
    expect([await history("b"), await history("c")]).toEqual([
      [2, "stale"],
      [3, "stale"],
    ]);
    expect(stale([...(await history("a")), ...(await history("up"))])).toBe(0);
    pools.set("p", [], false);
    await expect.poll(async () => (await history("a")).at(-1), { interval: 20, timeout: 10_000 }).toBe("stale");
    expect([stale(await history("a")), stale(await history("b")), stale(await history("up"))]).toEqual([1, 1, 1]);
  });

  test("all do when its first page does not come", async () => {
    status = 503;
    pools.set("p", [target("/", dropB)], false);
    await more("up", 2);
    for (const name of ["a", "b", "c"]) expect(stale(await history(name))).toBe(1);
    expect((await history("up")).slice(-1)).toEqual([0]);
  });

  test("changed again before its first turn, it still knows them; and removed, they end", async () => {
    const [first, second] = [{ honor_labels: true }, { ...dropB, honor_labels: true }];
    pools.set("p", [target("/", first)], false);
    pools.set("p", [target("/", second)], false);
    pools.set("p", [], false);
    await expect.poll(async () => (await history("up")).at(-1), { interval: 20, timeout: 10_000 }).toBe("stale");
    for (const name of ["a", "b", "c", "up"]) expect(stale(await history(name))).toBe(1);
  });

  test("with other labels or at another address its series end", async () => {
    pools.set("p", [target("/", { params: { x: ["1"] } })], false);
    await expect.poll(async () => stale(await history("a")), { interval: 20, timeout: 10_000 }).toBe(1);
  });
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
