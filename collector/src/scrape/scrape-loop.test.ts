import { setTimeout as sleep } from "node:timers/promises";
import { compileRelabel } from "@lockstep/config/relabel";
import type { TargetSpec } from "@lockstep/config/target";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LoggedSample, MemoryLog } from "../../test/memory-log.ts";
import { closeServers, serveHttp } from "../../test/servers.ts";
import { targetOf } from "../../test/target-of.ts";
import { Publisher } from "../publish/publisher.ts";
import { nextTurn, ScrapeLoop } from "./scrape-loop.ts";
import type { TargetState } from "./target-state.ts";

/** Pages that the target serves one after another: a text, a status, "hang", or "cut" in the middle of a line. */
type Page = string | number;

let log: MemoryLog;
let publisher: Publisher;
let loops: ScrapeLoop[] = [];

beforeEach(() => {
  log = new MemoryLog();
  publisher = newPublisher(1_000_000);
  loops = [];
});
afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop(false)));
  await closeServers();
});

function newPublisher(maxHeldRows: number): Publisher {
  return new Publisher({ producer: log, now: () => START, flushMs: 1e6, maxHeldRows, onTrouble: () => {} });
}

/** On the grid of every interval used here. */
const START = 1_700_000_000_000;
const INTERVAL_MS = 10_000;

/** `clock` stands still but for what a test adds to it. */
type LoopOptions = {
  strict?: boolean;
  offsetMs?: number;
  clock?: { now: number };
  onState?: (state: TargetState) => void;
};

function loopOf(target: TargetSpec, options: LoopOptions = {}): ScrapeLoop {
  const { clock = { now: START }, onState = () => {}, ...rest } = options;
  const loop = new ScrapeLoop({
    target,
    publisher,
    strict: false,
    compileRelabel,
    now: () => clock.now,
    offsetMs: 0,
    onState: (state) => {
      void publisher.flush(); // each scrape is an append of its own
      onState(state);
    },
    ...rest,
  });
  loops.push(loop);
  return loop;
}

/** A loop whose turns come at once, one after another, for as long as `more` says after a scrape. */
function startAtOnce(target: TargetSpec, more: (states: readonly TargetState[]) => boolean, options: LoopOptions = {}) {
  const states: TargetState[] = [];
  const clock = { now: START };
  const onState = (state: TargetState) => {
    states.push(state);
    if (more(states)) clock.now += INTERVAL_MS;
  };
  const loop = loopOf(target, { ...options, clock, onState });
  loop.start();
  return { states, loop };
}

const PATIENT = { interval: 2, timeout: 10_000 };

/** A target that serves `pages` in turn, then hangs; `scrape` overrides keys of its scrape config. */
async function targetServing(pages: readonly Page[], scrape: Record<string, unknown> = {}) {
  const served = await serveHttp((_request, response) => {
    const page = pages[served.requests - 1] ?? "hang";
    if (page === "hang") return;
    if (typeof page === "number") response.writeHead(page).end();
    else if (page.startsWith("cut ")) {
      response.writeHead(200, { "content-length": "9999" }).write(page.slice(4));
      setTimeout(() => response.destroy(), 5);
    } else response.end(page);
  });
  const group = [{ targets: [served.address], labels: { instance: "i" } }];
  const timing = { scrape_interval: `${INTERVAL_MS}ms`, scrape_timeout: "5s" };
  return { served, target: targetOf(served.address, { ...timing, ...scrape, static_configs: group }) };
}

type Scraped = { states: TargetState[]; scrapes: Map<string, number | "stale">[] };

/** Scrapes each page once: the samples of each scrape by series, without those whose value is a duration. */
async function scrape(
  pages: readonly Page[],
  config: Record<string, unknown> = {},
  options: LoopOptions = {},
): Promise<Scraped> {
  const { target } = await targetServing(pages, config);
  const { states, loop } = startAtOnce(target, ({ length }) => length < pages.length, options);
  await expect.poll(() => states.length, PATIENT).toBe(pages.length);
  await loop.stop(false);
  await publisher.flush();
  expect(log.appends).toHaveLength(pages.length);
  return { states, scrapes: pages.map((_, i) => bySeries(log.samples(i))) };
}

function bySeries(samples: readonly LoggedSample[]): Map<string, number | "stale"> {
  const shown = samples.filter(({ series }) => !series.startsWith("scrape_duration_seconds"));
  const map = new Map(shown.map(({ series, value, stale }) => [series, stale ? ("stale" as const) : value]));
  expect(map.size).toBe(shown.length); // each series once
  return map;
}

const own = (name: string) => `${name}{instance="i",job="test"}`;
/** What a scrape says of itself. */
const report = (up: number, scraped: number, kept: number, added: number): [string, number][] => [
  [own("up"), up],
  [own("scrape_samples_scraped"), scraped],
  [own("scrape_samples_post_metric_relabeling"), kept],
  [own("scrape_series_added"), added],
];

test("a page's samples and the report, all at the time of the scrape, with the labels of the target", async () => {
  const { states, scrapes } = await scrape(['# TYPE a counter\na{b="c"} 1.5\nd 2\n', 'a{b="c"} 2.5\nd 2\n']);
  expect(scrapes).toEqual([
    new Map([['a{b="c",instance="i",job="test"}', 1.5], [own("d"), 2], ...report(1, 2, 2, 2)]),
    new Map([['a{b="c",instance="i",job="test"}', 2.5], [own("d"), 2], ...report(1, 2, 2, 0)]),
  ]);
  for (const [i, { lastScrapeMs }] of states.entries()) {
    expect(lastScrapeMs).toBe(START + i * INTERVAL_MS);
    expect([...new Set(log.samples(i).map(({ ts }) => ts))]).toEqual([lastScrapeMs]);
  }
  expect(states[0]).toMatchObject({ error: "", bodyBytes: 34, summary: { samples: 2, kept: 2, badLines: 0 } });
  const duration = log.samples(0).find(({ series }) => series === own("scrape_duration_seconds"));
  expect(duration?.value).toBeCloseTo(states[0]!.durationSeconds, 6);
  const types = log.rows("series").map((row) => `${row["metric"]} ${row["type"]} ${row["unit"]}`);
  expect(types).toEqual([
    "a counter ",
    "d  ",
    "up gauge ",
    "scrape_duration_seconds gauge seconds",
    "scrape_samples_scraped gauge ",
    "scrape_samples_post_metric_relabeling gauge ",
    "scrape_series_added gauge ",
  ]);
});

describe("staleness", () => {
  test("of a series that is gone from the page, once", async () => {
    const { scrapes } = await scrape(["a 1\nb 1\n", "a 1\n", "a 1\n", "a 1\nb 2\n"]);
    expect(scrapes.map((samples) => samples.get(own("b")))).toEqual([1, "stale", undefined, 2]);
    expect(scrapes.map((samples) => samples.get(own("a")))).toEqual([1, 1, 1, 1]);
  });

  test.each<[string, Page, RegExp]>([
    ["an error status", 500, /^server returned HTTP status 500 Internal Server Error$/],
    ["a page that ends too early", "cut a 9\nb 9\nc", /^connection closed before the page was whole$/],
    ["no answer in time", "hang", /^no whole page within 0.5 s$/],
    ["what is no exposition", "<html>\n", /^none of 1 lines is a sample; line 1: /],
  ])("of all series of the last good page after %s, once; nothing of the bad page stays", async (_, bad, error) => {
    const { states, scrapes } = await scrape(["a 1\nb 1\n", bad, bad, "a 2\n"], { scrape_timeout: "500ms" });
    expect(scrapes.slice(1)).toEqual([
      new Map<string, unknown>([[own("a"), "stale"], [own("b"), "stale"], ...report(0, 0, 0, 0)]),
      new Map(report(0, 0, 0, 0)),
      new Map([[own("a"), 2], ...report(1, 1, 1, scrapes[3]!.get(own("scrape_series_added")) as number)]),
    ]);
    expect(states[1]!.error).toMatch(error);
    expect(states[1]!.summary).toBeUndefined();
  });

  test("of a DCGM field that turns blank; the blank itself is no sample", async () => {
    const blank = "DCGM_FI_DEV_GPU_TEMP 9223372036854775794\n";
    const { scrapes } = await scrape([`DCGM_FI_DEV_GPU_TEMP 40\n`, blank, blank, "DCGM_FI_DEV_GPU_TEMP 41\n"]);
    expect(scrapes.map((samples) => samples.get(own("DCGM_FI_DEV_GPU_TEMP")))).toEqual([40, "stale", undefined, 41]);
    expect(scrapes.map((samples) => samples.get(own("up")))).toEqual([1, 1, 1, 1]);
    expect(scrapes[1]!.get(own("scrape_samples_scraped"))).toBe(1);
    expect(scrapes[1]!.get(own("scrape_samples_post_metric_relabeling"))).toBe(0);
  });

  test("not of series that bring their own time", async () => {
    const { scrapes } = await scrape(["a 1 1000\nb 1\n", "c 1\n", 500]);
    expect(scrapes.map((samples) => [samples.get(own("a")), samples.get(own("b"))])).toEqual([
      [1, 1],
      [undefined, "stale"],
      [undefined, undefined],
    ]);
  });

  test.each([
    ["between two scrapes", ["a 1\n"]],
    ["in the middle of a scrape", ["a 1\n", "hang"]],
  ])("of everything when the target is removed %s", async (_, pages) => {
    const { target, served } = await targetServing(pages);
    const { states, loop } = startAtOnce(target, ({ length }) => length < pages.length);
    await expect.poll(() => served.requests, PATIENT).toBe(pages.length);
    await expect.poll(() => states.length, PATIENT).toBe(1);
    await publisher.flush();
    const before = log.samples().length;
    await loop.stop(true);
    await publisher.flush();
    const gone = log.samples().slice(before);
    expect(gone.every(({ stale }) => stale)).toBe(true);
    expect(gone.map(({ series }) => series).sort()).toEqual(
      [
        "a",
        "scrape_duration_seconds",
        "scrape_samples_post_metric_relabeling",
        "scrape_samples_scraped",
        "scrape_series_added",
        "up",
      ].map(own),
    );
    await sleep(50);
    await publisher.flush();
    expect(log.samples()).toHaveLength(before + gone.length);
    expect(served.requests).toBe(pages.length);
  });

  test("a page over its limit is reported with what it had, and has no samples", async () => {
    const { scrapes } = await scrape(["a 1\nb 1\n", "a 2\nb 2\nc 2\n"], { sample_limit: 2 });
    const stale = new Map<string, unknown>([[own("a"), "stale"], [own("b"), "stale"], ...report(0, 3, 3, 1)]);
    expect(scrapes[1]).toEqual(stale);
  });

  test("not when only this process ends, and not of a target that was never scraped", async () => {
    await scrape(["a 1\n"]);
    await publisher.flush();
    expect(log.samples().some(({ stale }) => stale)).toBe(false);
    const before = log.samples().length;
    await loopOf((await targetServing([])).target).stop(true);
    await publisher.flush();
    expect(log.samples()).toHaveLength(before);
  });
});

describe("labels", () => {
  const page = 'a{job="page",x="1"} 1\n';
  test.each<[string, Record<string, unknown>, string, string[]]>([
    [
      "the target's win, the page's are kept as exported",
      {},
      page,
      ['a{exported_job="page",instance="i",job="test",x="1"}'],
    ],
    ["the page's win with honor_labels", { honor_labels: true }, page, ['a{instance="i",job="page",x="1"}']],
    [
      "metric_relabel_configs drop a series",
      { metric_relabel_configs: [{ source_labels: ["__name__"], regex: "b", action: "drop" }] },
      "a 1\nb 2\n",
      [own("a")],
    ],
    [
      "metric_relabel_configs rename one",
      {
        metric_relabel_configs: [
          { source_labels: ["__name__"], regex: "(.*)", replacement: "x_$1", target_label: "__name__" },
        ],
      },
      "a 1\n",
      [own("x_a")],
    ],
    [
      "metric_relabel_configs drop a label of the target",
      { metric_relabel_configs: [{ regex: "instance", action: "labeldrop" }] },
      "a 1\n",
      ['a{job="test"}'],
    ],
  ])("%s", async (_, config, text, expected) => {
    const { scrapes, states } = await scrape([text], config);
    const names = [...scrapes[0]!.keys()].filter((name) => !/^(up|scrape_)/.test(name));
    expect(names).toEqual(expected);
    expect(states[0]!.error).toBe("");
    expect(scrapes[0]!.get(own("scrape_samples_scraped"))).toBe(text.split("\n").length - 1);
    expect(scrapes[0]!.get(own("scrape_samples_post_metric_relabeling"))).toBe(expected.length);
  });

  test("a line left without a name is a bad line, and the others count", async () => {
    const config = {
      metric_relabel_configs: [{ source_labels: ["__name__"], regex: "a", replacement: "", target_label: "__name__" }],
    };
    const { states, scrapes } = await scrape(["a 1\nb 2\n"], config);
    expect(states[0]!.summary).toMatchObject({ badLines: 1, kept: 1 });
    expect(states[0]!.summary!.badExamples[0]!.message).toMatch(/without a metric name/);
    expect(scrapes[0]!.get(own("b"))).toBe(2);
  });

  test("strict: one bad line and there is no page", async () => {
    const { states, scrapes } = await scrape(["a 1\nb x\n"], {}, { strict: true });
    expect(states[0]!.error).toMatch(/^line 2: /);
    expect(scrapes[0]).toEqual(new Map(report(0, 1, 1, 1)));
  });
});

describe("limits", () => {
  const drop = { metric_relabel_configs: [{ source_labels: ["__name__"], regex: "b", action: "drop" }] };
  test.each<[string, Record<string, unknown>, string, string]>([
    ["as many samples as allowed", { sample_limit: 2 }, "a 1\nc 1\n", ""],
    [
      "one sample too many",
      { sample_limit: 2 },
      "a 1\nb 1\nc 1\n",
      "sample limit exceeded: 3 samples after relabelling, the limit is 2",
    ],
    ["what relabelling drops does not count", { sample_limit: 2, ...drop }, "a 1\nb 1\nc 1\n", ""],
    ["as many labels as allowed", { label_limit: 4 }, 'a{b="c"} 1\n', ""],
    ["one label too many", { label_limit: 3 }, 'a{b="c"} 1\n', "label_limit exceeded: a has 4 labels, the limit is 3"],
    ["a long name", { label_name_length_limit: 8 }, 'a{instances="c"} 1\n', "label_name_length_limit exceeded"],
    [
      "a long value",
      { label_value_length_limit: 4 },
      'a{b="12345"} 1\n',
      "label_value_length_limit exceeded: a label b: 5 bytes, the limit is 4",
    ],
    [
      "a value long in bytes",
      { label_value_length_limit: 4 },
      'a{b="äää"} 1\n',
      "label_value_length_limit exceeded: a label b: 6 bytes",
    ],
    ["a page of the largest size", { body_size_limit: "4B" }, "a 1\n", ""],
    [
      "a page too large",
      { body_size_limit: "3B" },
      "a 1\n",
      "body size limit exceeded: the page has more than 3 bytes",
    ],
  ])("%s", async (_, config, text, error) => {
    const { states, scrapes } = await scrape([text], config);
    expect(states[0]!.error).toContain(error);
    expect(states[0]!.error === "").toBe(error === "");
    expect(scrapes[0]!.get(own("up"))).toBe(error === "" ? 1 : 0);
    if (error !== "") expect([...scrapes[0]!.keys()]).toEqual(report(0, 0, 0, 0).map(([name]) => name));
  });
});

describe("time stamps of the page", () => {
  test.each([
    [true, 1234],
    [false, undefined],
  ])("honor_timestamps: %s", async (honor, expected) => {
    const { states } = await scrape(["a 1 1234\n"], { honor_timestamps: honor });
    const sample = log.samples().find(({ series }) => series === own("a"));
    expect(sample?.ts).toBe(expected ?? states[0]!.lastScrapeMs);
  });

  test("the same sample with the same time is written once", async () => {
    const { scrapes, states } = await scrape(["a 1 1000\n", "a 1 1000\n", "a 2 2000\n"]);
    expect(scrapes.map((samples) => samples.get(own("a")))).toEqual([1, undefined, 2]);
    expect(states[1]!.summary!.kept).toBe(1);
  });
});

describe("the schedule", () => {
  test("the first turn is the next on the grid", () => {
    fc.assert(
      fc.property(fc.nat(2e12), fc.integer({ min: 1, max: 3_600_000 }), fc.nat(), (now, interval, hash) => {
        const offset = hash % interval;
        const at = nextTurn(now, interval, offset);
        expect(at).toBeGreaterThanOrEqual(now);
        expect(at).toBeLessThan(now + interval);
        expect((at - offset) % interval).toBe(0);
      }),
    );
  });

  test.each([
    [0, true],
    [2, true],
    [10, true],
    [11, false],
    [400, false],
  ])("%i ms late, a sample lies on the grid: %s", async (late, onGrid) => {
    const clock = { now: START };
    const planned = START + 1;
    const { target } = await targetServing(["a 1\n"]);
    const states: TargetState[] = [];
    loopOf(target, { clock, offsetMs: 1, onState: (state) => states.push(state) }).start();
    clock.now = planned + late;
    await expect.poll(() => states.length, PATIENT).toBe(1);
    expect(states[0]!.lastScrapeMs).toBe(onGrid ? planned : planned + late);
  });

  test("a turn that is missed is left out, and the grid stays", async () => {
    const { target } = await targetServing(["a 1\n", "a 2\n"]);
    const clock = { now: START };
    const states: TargetState[] = [];
    const onState = (state: TargetState) => {
      states.push(state);
      if (states.length === 1) clock.now += 2.5 * INTERVAL_MS;
      setTimeout(() => {
        clock.now = START + 3 * INTERVAL_MS;
      }, 1);
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      loopOf(target, { clock, onState }).start();
      for (let i = 0; i < 500 && states.length < 2; i++) {
        await vi.advanceTimersByTimeAsync(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      vi.useRealTimers();
    }
    expect(states.map(({ lastScrapeMs }) => (lastScrapeMs - START) / INTERVAL_MS)).toEqual([0, 3]);
  });

  test("a target that hangs delays no other", async () => {
    const slow = await targetServing(["hang"]);
    const fast = await targetServing(Array.from({ length: 50 }, () => "a 1\n"));
    const hanging = startAtOnce(slow.target, () => false);
    await expect.poll(() => slow.served.requests, PATIENT).toBe(1);
    const { states } = startAtOnce(fast.target, ({ length }) => length < 50);
    await expect.poll(() => states.length, PATIENT).toBe(50);
    expect(states.every(({ error }) => error === "")).toBe(true);
    expect(hanging.states).toEqual([]);
  });
});

test("while the log takes none, pages are held, then refused unread; afterwards all goes on", async () => {
  publisher = newPublisher(20);
  const { target, served } = await targetServing(Array.from({ length: 200 }, (_, i) => `a ${i}\n`));
  const refused = (states: readonly TargetState[]) => states.filter(({ error }) => error !== "");
  const good = (states: readonly TargetState[]) => states.length - refused(states).length;
  log.refuse();
  let goodBefore = Infinity;
  const { states, loop } = startAtOnce(target, (so) => {
    if (refused(so).length === 3 && goodBefore === Infinity) {
      expect(log.appends).toHaveLength(0);
      expect(served.requests).toBe(good(so));
      log.refusal = undefined;
      goodBefore = good(so);
    }
    return good(so) < goodBefore + 3;
  });
  await expect.poll(() => good(states) - goodBefore, PATIENT).toBe(3);
  await loop.stop(false);
  await publisher.stop();
  expect(new Set(refused(states).map(({ error }) => error))).toEqual(new Set(["page not taken: the log is full"]));
  const values = log.samples().filter(({ series }) => series === own("a"));
  expect(values.map(({ value }) => value)).toEqual(states.filter(({ error }) => error === "").map((_, i) => i));
  expect(values.some(({ stale }) => stale)).toBe(false);
});
