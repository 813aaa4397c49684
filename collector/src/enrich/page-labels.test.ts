import { compileRelabel } from "@lockstep/config/relabel";
import { LineError } from "@lockstep/formats/exposition/line";
import { PageError } from "@lockstep/formats/exposition/page";
import { seriesId } from "@lockstep/formats/series-id";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import { describe, expect, test } from "vitest";
import { printed } from "../../test/memory-log.ts";
import { createPageLabels, identify, type PageLabelOptions } from "./page-labels.ts";

type Labels = Record<string, string>;
const map = (labels: Labels) => new Map(Object.entries(labels));

function resolve(page: Labels, target: Labels, options: Partial<PageLabelOptions> = {}) {
  const whole = { targetLabels: map(target), honorLabels: false, limits: {}, relabel: compileRelabel([]), ...options };
  return createPageLabels(whole)(map({ __name__: "m", ...page }));
}

function labels(page: Labels, target: Labels, options: Partial<PageLabelOptions> = {}): string {
  const resolved = resolve(page, target, options);
  return resolved === "dropped" ? "dropped" : printed(resolved.labels);
}

describe("page and target", () => {
  const cases: { name: string; page: Labels; target: Labels; theirs: string; honored: string }[] = [
    {
      name: "nothing in common",
      page: { a: "1" },
      target: { job: "j" },
      theirs: 'm{a="1",job="j"}',
      honored: 'm{a="1",job="j"}',
    },
    {
      name: "a clash",
      page: { job: "p" },
      target: { job: "j" },
      theirs: 'm{exported_job="p",job="j"}',
      honored: 'm{job="p"}',
    },
    {
      name: "a clash with the same value",
      page: { job: "j" },
      target: { job: "j" },
      theirs: 'm{exported_job="j",job="j"}',
      honored: 'm{job="j"}',
    },
    {
      name: "a clash where the page has the exported name too",
      page: { job: "p", exported_job: "e" },
      target: { job: "j" },
      theirs: 'm{exported_exported_job="p",exported_job="e",job="j"}',
      honored: 'm{exported_job="e",job="p"}',
    },
    {
      name: "a clash where the target has the exported name",
      page: { job: "p" },
      target: { job: "j", exported_job: "t" },
      theirs: 'm{exported_exported_job="p",exported_job="t",job="j"}',
      honored: 'm{exported_job="t",job="p"}',
    },
    {
      name: "an empty label of the page",
      page: { a: "" },
      target: { job: "j" },
      theirs: 'm{job="j"}',
      honored: 'm{job="j"}',
    },
    {
      name: "an empty label where the target has one",
      page: { job: "" },
      target: { job: "j" },
      theirs: 'm{job="j"}',
      honored: "m{}",
    },
  ];
  test.each(cases)("$name", ({ page, target, theirs, honored }) => {
    expect(labels(page, target)).toBe(theirs);
    expect(labels(page, target, { honorLabels: true })).toBe(honored);
  });

  test("the page's labels are left as they were", () => {
    const page = map({ __name__: "m", job: "p" });
    const given = { targetLabels: map({ job: "j" }), honorLabels: false, limits: {}, relabel: compileRelabel([]) };
    createPageLabels(given)(page);
    expect(printed(page)).toBe('m{job="p"}');
  });
});

test("relabelling sees the target's labels, and may drop", () => {
  const relabel = (all: Map<string, string>) => (all.get("job") === "j" ? null : all);
  expect(labels({}, { job: "j" }, { relabel })).toBe("dropped");
  expect(labels({}, { job: "k" }, { relabel })).toBe('m{job="k"}');
});

test("blanks are told by the name on the page, whatever relabelling makes of it", () => {
  const relabel = (all: Map<string, string>) => all.set("__name__", "gpu_temperature");
  expect(resolve({ __name__: "DCGM_FI_DEV_GPU_TEMP" }, {}, { relabel })).toMatchObject({ blanks: true });
  expect(resolve({ __name__: "node_load1" }, {})).toMatchObject({ blanks: false });
});

test("metric and id are of the final labels", () => {
  const resolved = resolve({ a: "1" }, { job: "j" });
  const final = map({ __name__: "m", a: "1", job: "j" });
  expect(resolved).toMatchObject({ metric: metricId("m"), ...seriesId(final) });
  expect(identify(final)).toEqual({ labels: final, metric: metricId("m"), ...seriesId(final) });
});

test.each([{}, { __name__: "" }])("without a metric name a line is bad: %j", (left: Labels) => {
  expect(() => resolve({}, {}, { relabel: () => map(left) })).toThrow(LineError);
});

describe("limits", () => {
  const cases: [string, PageLabelOptions["limits"], Labels, RegExp | undefined][] = [
    ["labels, the name among them", { labels: 2 }, { a: "1" }, undefined],
    ["labels", { labels: 2 }, { a: "1", b: "2" }, /^label_limit exceeded: m has 3 labels, the limit is 2$/],
    ["empty labels are none", { labels: 2 }, { a: "1", b: "" }, undefined],
    ["the length of a name", { labelNameLength: 8 }, { abcdefgh: "1" }, undefined],
    [
      "the length of a longer name",
      { labelNameLength: 8 },
      { abcdefghi: "1" },
      /^label_name_length_limit exceeded: m label abcdefghi: 9 bytes/,
    ],
    ["a name in bytes", { labelNameLength: 8 }, { äöüäö: "1" }, /10 bytes, the limit is 8$/],
    ["the length of a value", { labelValueLength: 2 }, { a: "12" }, undefined],
    [
      "the length of a longer value",
      { labelValueLength: 2 },
      { a: "123" },
      /^label_value_length_limit exceeded: m label a: 3 bytes/,
    ],
    ["the metric name is a value", { labelValueLength: 0 }, {}, /label __name__: 1 bytes/],
  ];
  test.each(cases)("%s", (_, limits, page, error) => {
    const act = () => resolve(page, {}, { limits });
    if (error === undefined) expect(act()).not.toBe("dropped");
    else {
      expect(act).toThrow(PageError);
      expect(act).toThrow(error);
    }
  });

  test("hold after relabelling", () => {
    const relabel = (all: Map<string, string>) => {
      all.delete("b");
      return all;
    };
    expect(labels({ a: "1", b: "2" }, {}, { limits: { labels: 2 }, relabel })).toBe('m{a="1"}');
  });
});
