import fc from "fast-check";
import { expect, test } from "vitest";
import type { ScrapeConfig } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { type BuiltTargets, buildTargets } from "./target.ts";
import { scrapeUrl } from "./url.ts";

function scrapeConfig(keys: string): ScrapeConfig {
  const result = parseConfig(`scrape_configs: [{job_name: gpu, ${keys}}]`, "test.yml");
  if (!result.ok) {
    throw new Error(JSON.stringify(result.errors));
  }
  return result.config.scrapeConfigs[0]!;
}

function build(keys: string, targets: string[], labels: Record<string, string> = {}): BuiltTargets {
  return buildTargets(scrapeConfig(keys), [{ targets, labels: new Map(Object.entries(labels)), source: "0" }]);
}

const only = (built: BuiltTargets) => {
  expect(built.errors).toEqual([]);
  expect(built.targets).toHaveLength(1);
  return built.targets[0]!;
};

test("labels before and after", () => {
  const target = only(
    build("scrape_interval: 15s, params: {q: [x, y]}", ["node-1:9400"], { rack: "7", __meta_dc: "eu", empty: "" }),
  );
  expect(Object.fromEntries(target.discoveredLabels)).toEqual({
    __address__: "node-1:9400",
    __meta_dc: "eu",
    __metrics_path__: "/metrics",
    __param_q: "x",
    __scheme__: "http",
    __scrape_interval__: "15s",
    __scrape_timeout__: "10s",
    job: "gpu",
    rack: "7",
  });
  expect(Object.fromEntries(target.labels)).toEqual({ instance: "node-1:9400", job: "gpu", rack: "7" });
  expect(target).toMatchObject({
    scrapePool: "gpu",
    url: "http://node-1:9400/metrics?q=x&q=y",
    intervalMs: 15_000,
    timeoutMs: 10_000,
  });
});

test.each<[what: string, keys: string, address: string, labels: Record<string, string>, want: Record<string, unknown>]>(
  [
    ["no port is added", "scheme: https", "node-1", {}, { url: "https://node-1/metrics" }],
    ["IPv6", "", "[::1]:9400", {}, { url: "http://[::1]:9400/metrics" }],
    [
      "group labels win",
      "",
      "a:1",
      { __scheme__: "https", __metrics_path__: "x", __param_q: "1 2" },
      { url: "https://a:1/x?q=1+2" },
    ],
    [
      "interval and timeout by label",
      "",
      "a:1",
      { __scrape_interval__: "5s", __scrape_timeout__: "500ms" },
      { intervalMs: 5_000, timeoutMs: 500 },
    ],
    [
      "a label stands for the first value of a parameter",
      "params: {q: [x, y]}",
      "a:1",
      { __param_q: "z" },
      { url: "http://a:1/metrics?q=z&q=y" },
    ],
    [
      "job and instance by label",
      "",
      "a:1",
      { job: "j", instance: "i" },
      {
        labels: new Map([
          ["job", "j"],
          ["instance", "i"],
        ]),
      },
    ],
    [
      "blackbox style",
      "relabel_configs: [{source_labels: [__address__], target_label: __param_target}, {source_labels: [__param_target], target_label: instance}, {target_label: __address__, replacement: 'bb:9115'}]",
      "https://example.com/x?y=1",
      {},
      { url: "http://bb:9115/metrics?target=https%3A%2F%2Fexample.com%2Fx%3Fy%3D1" },
    ],
  ],
)("%s", (_, keys, address, labels, want) => {
  const target = only(build(keys, [address], labels));
  for (const [key, value] of Object.entries(want)) {
    const found = target[key as keyof typeof target];
    expect(found instanceof Map ? Object.fromEntries(found) : found).toEqual(
      value instanceof Map ? Object.fromEntries(value) : value,
    );
  }
});

test.each<[address: string, labels: Record<string, string>, message: string]>([
  ["", {}, "no address: __address__ is empty after relabelling; expected host:port"],
  ["http://u:hunter2@a/metrics", {}, '"http://a/metrics" is a URL; expected host:port'],
  ["a b:1", {}, 'invalid address "a b:1"; expected host:port'],
  ["a:99999", {}, 'invalid address "a:99999"; expected host:port'],
  ["a:1", { __scheme__: "ftp" }, 'invalid __scheme__ "ftp"; expected http or https'],
  ["a:1", { __scrape_interval__: "5" }, 'invalid __scrape_interval__ "5"; expected a duration above 0'],
  ["a:1", { __scrape_timeout__: "0s" }, 'invalid __scrape_timeout__ "0s"; expected a duration above 0'],
  [
    "a:1",
    { __scrape_timeout__: "2m" },
    "scrape timeout is longer than the scrape interval; found 2m, expected at most 1m",
  ],
  ["a:1", { x: "\ud800" }, "invalid value of label x; expected valid Unicode"],
])("%s cannot be scraped", (address, labels, message) => {
  // A rule keeps the reader from refusing the address before it gets here.
  const built = build("relabel_configs: [{target_label: tmp, replacement: x}]", [address, "good:1"], labels);
  expect(built.errors.filter((error) => !error.target.startsWith("good")).map((error) => error.message)).toEqual([
    message,
  ]);
});

test("dropped ones are counted, doubles are one", () => {
  const built = build("relabel_configs: [{action: drop, source_labels: [__address__], regex: 'b.*'}]", [
    "a:1",
    "b:1",
    "a:1",
    "b:2",
  ]);
  expect(built.targets.map(({ url }) => url)).toEqual(["http://a:1/metrics"]);
  expect(built.dropped).toBe(2);
});

test("the hash tells labels and URL, not the order or where they come from", () => {
  const hash = (keys: string, labels: Record<string, string>) => only(build(keys, ["a:1"], labels)).hash;
  expect(hash("", { x: "1", y: "2" })).toBe(hash("", { y: "2", x: "1" }));
  expect(hash("", { __meta_x: "1" })).toBe(hash("", { __meta_x: "2" }));
  expect(hash("", { x: "1" })).not.toBe(hash("", { x: "2" }));
  expect(hash("scrape_interval: 5s", {})).not.toBe(hash("scrape_interval: 6s", {}));
  expect(hash("params: {q: [a]}", {})).not.toBe(hash("params: {q: [b]}", {}));
});

test.each([
  ["/metrics", "/metrics"],
  ["metrics", "/metrics"],
  ["", ""],
  ["/a b?c#d%", "/a%20b%3Fc%23d%25"],
  ["/é(1)*;,~", "/%C3%A9%281%29%2A;,~"],
])("path %s", (path, want) => {
  expect(scrapeUrl("http", "a:1", path, new Map())).toBe(`http://a:1${want}`);
});

test("parameters are sorted by name", () => {
  expect(
    scrapeUrl(
      "http",
      "a",
      "/",
      new Map([
        ["b[]", ["1", "&=+"]],
        ["a", [""]],
      ]),
    ),
  ).toBe("http://a/?a=&b%5B%5D=1&b%5B%5D=%26%3D%2B");
});

test("no target is too strange", () => {
  const scrape = scrapeConfig("relabel_configs: [{source_labels: [a], target_label: __address__}]");
  const entries = fc.array(
    fc.tuple(
      fc.constantFrom("a", "__address__", "__metrics_path__", "__param_x", "__scheme__"),
      fc.string({ unit: "binary" }),
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), entries, (targets, labels) => {
      const built = buildTargets(scrape, [{ targets, labels: new Map(labels), source: "0" }]);
      expect(built.targets.every(({ url }) => URL.canParse(url))).toBe(true);
    }),
  );
});
