/** What a person sees, in a real browser: the fault of the simulated cluster, and pictures of every page to look at. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { findBrowser, openBrowser } from "../src/browser.ts";
import { queryInstant } from "../src/prometheus-api.ts";
import { root, type System, startSystem } from "../src/system.ts";

const pictures = join(root, "test-results/pages");
/** The fault begins 60 s after ready and then takes a while to heat the GPU up. */
const FAULT_LIMIT_MS = 240_000;

/** From the throttling to the verdict: some twenty steps of the job, and two windows that agree. */
const VERDICT_LIMIT_MS = 180_000;

/** Prompts become longer three minutes after ready; then two windows of half a minute that agree. */
const DRIFT_LIMIT_MS = 240_000;

/** 48 of them, on a machine that does other things as well. */
const PICTURES_LIMIT_MS = 360_000;

const jobs = z.object({
  jobs: z.array(
    z.object({
      job: z.string(),
      open: z.array(
        z.object({
          kind: z.string(),
          rank: z.number().nullable(),
          node: z.string().nullable(),
          gpu: z.string().nullable(),
          cause: z.object({ code: z.string() }),
        }),
      ),
    }),
  ),
});

const models = z.object({
  models: z.array(
    z.object({
      model: z.string(),
      open: z.array(z.object({ kind: z.string(), feature: z.string().nullable(), replica: z.string().nullable() })),
    }),
  ),
});

/** Run in the page: how many pixels it is wider than the window. */
const SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

const visibleText = (page: Page) => page.evaluate<string>("document.body.innerText");

const found = findBrowser();

describe("pages", () => {
  if ("missing" in found) {
    test("every page in a browser", ({ skip }) => skip(found.missing));
    return;
  }
  let system: System;
  let browser: Browser;
  const consoleErrors: string[] = [];

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    system = await startSystem();
    browser = await openBrowser(found.path);
    await system.ready();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  // What the system said is the first thing asked for, and is gone with it.
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.log(`the system's last words:\n${system.output.slice(-6_000)}`));
  });

  async function open(path: string, width = 1280, theme: "dark" | "light" = "dark"): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: theme });
    page.on("pageerror", (error) => consoleErrors.push(`${path}: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") consoleErrors.push(`${path}: ${message.text()}`);
    });
    await page.goto(`${system.url}${path}`, { waitUntil: "load" });
    return page;
  }

  test("the fleet page says that the cluster is simulated", async () => {
    const page = await open("/");
    expect(await visibleText(page)).toMatch(/simulated/i);
    await page.close();
  });

  test(
    "the throttled GPU stands out on the fleet page",
    async () => {
      const throttled = "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS";
      const thermal = async () => {
        const samples = [
          ...(await queryInstant(system.url, throttled)),
          ...(await queryInstant(system.url, "DCGM_FI_DEV_CLOCKS_EVENT_REASONS")),
        ];
        // Bits of software and hardware thermal slowdown.
        return samples.filter(({ value }) => (Number(value[1]) & 0x60) !== 0);
      };
      await expect.poll(async () => (await thermal()).length, { timeout: FAULT_LIMIT_MS, interval: 2_000 }).toBe(1);
      const [gpu] = await thermal();
      const page = await open("/");
      const node = gpu?.metric["Hostname"] ?? gpu?.metric["instance"] ?? "";
      await expect.poll(() => visibleText(page), { timeout: 20_000 }).toMatch(/thermal/i);
      expect(await visibleText(page)).toContain(node);
      await page.screenshot({ path: join(pictures, "fleet-throttled.png") });
      await page.close();
    },
    FAULT_LIMIT_MS + 60_000,
  );

  test(
    "the job that the throttled GPU holds up says so: rank, node, GPU and cause",
    async () => {
      const uuid = await throttledGpu(system);
      const open = async () => {
        const response = await fetch(`${system.url}/read/jobs?range=15m`);
        return jobs
          .parse(await response.json())
          .jobs.flatMap(({ job, open: found }) => found.map((each) => ({ job, ...each })));
      };
      await expect
        .poll(async () => (await open()).length, { timeout: VERDICT_LIMIT_MS, interval: 2_000 })
        .toBeGreaterThan(0);
      expect(await open()).toEqual([
        {
          job: "pretrain-a",
          kind: "slow_rank",
          rank: 35,
          node: "node-05",
          gpu: uuid,
          cause: { code: "thermal_throttle" },
        },
      ]);
      const samples = await queryInstant(system.url, 'lockstep_straggler_score{job="pretrain-a",rank="35"}');
      expect(samples.length === 0 || Number(samples[0]!.value[1]) > 1.1).toBe(true);
    },
    VERDICT_LIMIT_MS + 30_000,
  );

  test("pictures of every page", { timeout: PICTURES_LIMIT_MS }, async () => {
    for (const [name, path] of Object.entries(await paths(system))) {
      for (const width of [1280, 1920]) {
        for (const theme of ["dark", "light"] as const) {
          const page = await open(path, width, theme);
          await page.waitForTimeout(700);
          await page.screenshot({ path: join(pictures, `${name}-${width}-${theme}.png`), fullPage: true });
          const overflow = await page.evaluate<number>(SIDEWAYS);
          expect(overflow, `${path} at ${width} scrolls sideways`).toBeLessThanOrEqual(0);
          await page.close();
        }
      }
    }
  });

  test(
    "prompts that became longer are told, as data that changed and not as a broken replica",
    async () => {
      const said = async () => {
        const response = await fetch(`${system.url}/read/models?range=15m`);
        return models
          .parse(await response.json())
          .models.flatMap(({ model, open: found }) => found.map((each) => ({ model, ...each })));
      };
      const longer = { model: "chat-7b", kind: "drift", feature: "prompt_tokens", replica: null };
      await expect.poll(said, { timeout: DRIFT_LIMIT_MS, interval: 3_000 }).toContainEqual(longer);
      const otherwise = (await said()).filter(({ kind, feature }) => kind !== "drift" && feature === "prompt_tokens");
      expect(otherwise).toEqual([]);
      const page = await open("/models/chat-7b");
      await expect.poll(() => visibleText(page), { timeout: 20_000 }).toMatch(/prompt_tokens/);
      await page.screenshot({ path: join(pictures, "model-prompts.png"), fullPage: true });
      await page.close();
    },
    DRIFT_LIMIT_MS + 60_000,
  );

  test("no page logs an error", () => expect(consoleErrors).toEqual([]));
});

/** Every page, with a node and a GPU of the simulated cluster where it needs one. */
async function paths(system: System): Promise<Record<string, string>> {
  return {
    fleet: "/",
    jobs: "/jobs",
    job: "/jobs/pretrain-a",
    hang: "/jobs/pretrain-a/hang",
    targets: "/targets",
    pipeline: "/pipeline",
    node: "/nodes/node-05",
    gpu: `/gpus/${await throttledGpu(system)}`,
    models: "/models",
    model: "/models/chat-7b",
    classifier: "/models/fraud-score",
    feature: "/models/chat-7b/prompt_tokens",
  };
}

async function throttledGpu(system: System): Promise<string> {
  const [gpu] = await queryInstant(system.url, 'DCGM_FI_DEV_GPU_TEMP{Hostname="node-05",gpu="3"}');
  const uuid = gpu?.metric["UUID"];
  if (uuid === undefined) throw new Error("GPU 3 of node-05 has no temperature");
  return uuid;
}
