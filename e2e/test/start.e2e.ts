import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../src/process-table.ts";
import { type System, startSystem } from "../src/system.ts";

/** A later start on a built tree, from the command to a ready page. */
const READY_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 8_000;

describe("a start with the simulated cluster", () => {
  let system: System;
  let readyMs: number;

  beforeAll(async () => {
    system = await startSystem();
    readyMs = await system.ready();
  });
  afterAll(async () => {
    await system?.stop();
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

  test("the API has every simulated GPU", async () => {
    const answer = await system.json("/api/v1/query?query=DCGM_FI_DEV_GPU_TEMP");
    expect(answer).toMatchObject({ status: "success", data: { resultType: "vector" } });
    expect((answer as { data: { result: unknown[] } }).data.result).toHaveLength(128);
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
