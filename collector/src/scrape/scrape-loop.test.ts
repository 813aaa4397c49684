import { setTimeout as sleep } from "node:timers/promises";
import { compileRelabel } from "@lockstep/config/relabel";
import type { TargetSpec } from "@lockstep/config/target";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
  return new Publisher({ producer: log, now: Date.now, flushMs: 1e6, maxHeldRows, onTrouble: () => {} });
}

type LoopOptions = { strict?: boolean; offsetMs?: number; now?: () => number };

function loopOf(target: TargetSpec, states: TargetState[], options: LoopOptions = {}): ScrapeLoop {
  const loop = new ScrapeLoop({
    target,
    publisher,
    strict: false,
    compileRelabel,
    now: Date.now,
    offsetMs: 0,
    onState: (state) => states.push(state),
    ...options,
  });
  loops.push(loop);
  return loop;
}

const FAST = { scrape_interval: "40ms", scrape_timeout: "40ms", static_configs: undefined };

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
  const group = [{ targets: [served.address], labels: { instance: "i", ...(scrape["labels"] as object) } }];
  const { labels: _, ...rest } = scrape;
  return targetOf(served.address, { ...FAST, ...rest, static_configs: group });
}

type Scraped = { states: TargetState[]; scrapes: Map<string, number | "stale">[]; loop: ScrapeLoop };

/** The samples of each scrape by series, without those whose value is a duration. */
async function scrape(
  pages: readonly Page[],
  config: Record<string, unknown> = {},
  options: LoopOptions = {},
): Promise<Scraped> {
  const states: TargetState[] = [];
  const target = await targetServing(pages, config);
  const loop = loopOf(target, states, options);
  const flushed: number[] = [];
  loop.start();
  for (let i = 0; i < pages.length; i++) {
    await expect.poll(() => states.length, { interval: 2 }).toBeGreaterThan(i);
    await publisher.flush();
    flushed.push(log.appends.length);
  }
  await loop.stop(false);
  return { states, scrapes: flushed.map((_, i) => bySeries(log.samples(i))), loop };
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
  const before = Date.now();
  const { states, scrapes } = await scrape(['# TYPE a counter\na{b="c"} 1.5\nd 2\n', 'a{b="c"} 2.5\nd 2\n']);
  expect(scrapes).toEqual([
    new Map([['a{b="c",instance="i",job="test"}', 1.5], [own("d"), 2], ...report(1, 2, 2, 2)]),
    new Map([['a{b="c",instance="i",job="test"}', 2.5], [own("d"), 2], ...report(1, 2, 2, 0)]),
  ]);
  const times = new Set(log.samples(0).map(({ ts }) => ts));
  expect([...times]).toEqual([states[0]!.lastScrapeMs]);
  expect(states[0]!.lastScrapeMs).toBeGreaterThanOrEqual(before);
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
    ["no answer in time", "hang", /^no whole page within 0.04 s$/],
    ["what is no exposition", "<html>\n", /^none of 1 lines is a sample; line 1: /],
  ])("of all series of the last good page after %s, once; nothing of the bad page stays", async (_, bad, error) => {
    const { states, scrapes } = await scrape(["a 1\nb 1\n", bad, bad, "a 2\n"]);
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
    const states: TargetState[] = [];
    const target = await targetServing(pages, { scrape_interval: "400ms", scrape_timeout: "400ms" });
    const loop = loopOf(target, states);
    loop.start();
    await expect.poll(() => states.length, { interval: 2, timeout: 3000 }).toBe(1);
    if (pages.length > 1) await sleep(450);
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
    await sleep(450);
    await publisher.flush();
    expect(log.samples()).toHaveLength(before + gone.length);
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
    await loopOf(await targetServing([]), []).stop(true);
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
    let clock = 1_700_000_000_000;
    const planned = clock + 1;
    const states: TargetState[] = [];
    const target = await targetServing(["a 1\n"], { scrape_interval: "10s", scrape_timeout: "10s" });
    const loop = loopOf(target, states, { now: () => clock, offsetMs: 1 });
    loop.start();
    clock = planned + late;
    await expect.poll(() => states.length, { interval: 2 }).toBe(1);
    expect(states[0]!.lastScrapeMs).toBe(onGrid ? planned : planned + late);
  });

  test("a target that hangs delays no other", async () => {
    const hanging: TargetState[] = [];
    const quick: TargetState[] = [];
    const slow = await targetServing(["hang"], { scrape_interval: "600ms", scrape_timeout: "600ms" });
    const fast = await targetServing(Array.from({ length: 100 }, () => "a 1\n"));
    const [a, b] = [loopOf(slow, hanging), loopOf(fast, quick)];
    a.start();
    await sleep(600); // by now it hangs
    b.start();
    await sleep(500);
    expect(quick.length).toBeGreaterThanOrEqual(8);
    expect(quick.every(({ error, durationSeconds }) => error === "" && durationSeconds < 0.1)).toBe(true);
    await expect.poll(() => hanging.length, { timeout: 3000 }).toBeGreaterThan(0);
    expect(hanging[0]!.error).toBe("no whole page within 0.6 s");
  });
});

test("while the log takes none, pages are held, then refused unread; afterwards all goes on", async () => {
  publisher = newPublisher(20);
  const states: TargetState[] = [];
  const pages = Array.from({ length: 200 }, (_, i) => `a ${i}\n`);
  const target = await targetServing(pages);
  log.refuse();
  loopOf(target, states).start();
  const refused = () => states.filter(({ error }) => error === "page not taken: the log is full").length;
  for (let i = 0; i < 100 && refused() < 3; i++) {
    await sleep(10);
    await publisher.flush();
  }
  expect(refused()).toBeGreaterThanOrEqual(3);
  expect(log.appends).toHaveLength(0);
  log.refusal = undefined;
  const good = () => states.filter(({ error }) => error === "").length;
  const before = good();
  for (let i = 0; i < 100 && good() < before + 3; i++) {
    await sleep(10);
    await publisher.flush();
  }
  await loops[0]!.stop(false);
  await publisher.stop();
  const values = log.samples().filter(({ series }) => series === own("a"));
  expect(values.map(({ value }) => value)).toEqual(values.map((_, i) => i)); // no page the target served is lost
  expect(values).toHaveLength(good());
  expect(values.some(({ stale }) => stale)).toBe(false);
});
