import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../src/process-table.ts";
import { queryInstant } from "../src/prometheus-api.ts";
import { type System, startSystem } from "../src/system.ts";

/** A later start on a built tree, from the command to a ready page. */
const READY_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 8_000;

describe("a start with the simulated cluster", () => {
  const data = mkdtempSync(join(tmpdir(), "lockstep-start-"));
  let system: System;
  let readyMs: number;

  beforeAll(async () => {
    const first = await startSystem({ data });
    await first.ready();
    await first.stop();
    system = await startSystem({ data });
    readyMs = await system.ready();
  });
  afterAll(async () => {
    await system?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  test(`is ready in ${READY_LIMIT_MS / 1000} s`, () => {
    expect(readyMs, system.output).toBeLessThan(READY_LIMIT_MS);
  });

  test("says the address and that the cluster is simulated", () => {
    expect(system.output).toContain(`Lockstep is ready: ${system.url}  (simulated cluster; Ctrl-C stops)`);
  });

  test.each(["/-/healthy", "/-/ready", "/", "/targets"])("%s answers", async (path) => {
    const response = await fetch(`${system.url}${path}`);
    expect(response.status).toBe(200);
    expect((await response.text()).length).toBeGreaterThan(0);
  });

  test("the API has every simulated GPU after one round of scrapes", async () => {
    const temperatures = () => queryInstant(system.url, "DCGM_FI_DEV_GPU_TEMP");
    await expect.poll(async () => (await temperatures()).length, { timeout: 30_000, interval: 500 }).toBe(128);
  });

  test("a killed web process comes back", async () => {
    const before = system.pidOf("web")!;
    process.kill(before, "SIGKILL");
    await expect.poll(() => system.output, { timeout: 15_000 }).toContain("web is up again");
    expect(system.pidOf("web")).not.toBe(before);
  });

  test("stops quickly and leaves no process", async () => {
    const pids = [system.pid, ...system.pids()];
    expect(pids.length).toBeGreaterThanOrEqual(7);
    const { code, tookMs } = await system.stop();
    expect(code, system.output).toBe(0);
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

test("children end by themselves when the supervisor is killed", async () => {
  const system = await startSystem({ config: "scrape_configs: []\n" });
  await expect.poll(() => system.output, { timeout: 30_000 }).toContain("watch      up");
  const pids = system.pids();
  system.signal("SIGKILL");
  await expect.poll(() => pids.filter(isAlive), { timeout: 8_000 }).toEqual([]);
  await system.stop();
});
