import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identityOf } from "./identity.ts";
import { ObservationError } from "./posted-fields.ts";
import { readObservations } from "./read-observations.ts";

const NOW = Date.parse("2026-09-14T12:00:00Z");
const window = { since: "2026-09-14T11:00:00Z", until: NOW };
const read = (body: unknown) =>
  readObservations(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), NOW);
const post = (feature: object, more: object = {}) => ({ model: "fraud", ...window, ...more, features: [feature] });
const amount = { feature: "amount", bounds: [0, 10, 20], counts: [3, 4] };

function refusal(body: unknown): ObservationError {
  try {
    read(body);
  } catch (error) {
    if (error instanceof ObservationError) return error;
    throw error;
  }
  throw new Error("it was read");
}

describe("what is read", () => {
  test("a window of a model, with all that may be told", () => {
    const body = post(
      { ...amount, kind: "prediction", missing: 2, sum: 61.5 },
      { version: "v2", source: "pod-1", labels: { region: "eu", empty: "" } },
    );
    const { posted, capped } = read(body);
    expect(capped).toEqual([]);
    expect(posted).toEqual([
      {
        path: "features[0]",
        late: false,
        observed: {
          model: "fraud",
          version: "v2",
          replica: "pod-1",
          labels: new Map([["region", "eu"]]),
          since: NOW - 3_600_000,
          until: NOW,
          kind: "prediction",
          feature: "amount",
          cells: { form: "explicit", bounds: [0, 10, 20], counts: [3, 4] },
          missing: 2,
          sum: 61.5,
        },
      },
    ]);
  });

  test("open outer cells, categories, and several posts at once", () => {
    const open = { feature: "a", bounds: [0], counts: [1, 2] };
    const kinds = { feature: "c", categories: { web: 4, "": 1, __proto__x: 2 } };
    const { posted } = read([post(open), post(kinds)]);
    expect(posted.map(({ observed, path }) => [path, observed.cells])).toEqual([
      ["[0].features[0]", { form: "explicit", bounds: [-Infinity, 0, Infinity], counts: [1, 2] }],
      [
        "[1].features[0]",
        {
          form: "categories",
          counts: new Map([
            ["web", 4],
            ["", 1],
            ["__proto__x", 2],
          ]),
        },
      ],
    ]);
  });

  test("a score with labels, with its sums or from the middles of its cells", () => {
    const score = {
      feature: "score",
      kind: "score",
      bounds: [0, 0.5, 1],
      counts: [10, 5],
      labels: { "0": [4, 1], "1": [0, 3] },
    };
    expect(read(post(score)).posted[0]!.observed.labelled).toEqual({
      labelled: [4, 4],
      positives: [0, 3],
      scoreSums: [1, 3],
    });
    const told = read(post({ ...score, score_sums: [0.9, 3.1] }));
    expect(told.posted[0]!.observed.labelled!.scoreSums).toEqual([0.9, 3.1]);
  });

  test("late labels have no counts, and another identity than those before", () => {
    const late = (ones: number[]) =>
      post({ feature: "score", kind: "score", bounds: [0, 0.5, 1], labels: { "0": [1, 0], "1": ones } });
    const [first] = read(late([0, 2])).posted;
    const [second] = read(late([0, 3])).posted;
    expect(first).toMatchObject({
      late: true,
      observed: { cells: { counts: [0, 0] }, labelled: { labelled: [1, 2] } },
    });
    expect(identityOf(first!).id).not.toBe(identityOf(second!).id);
    expect(identityOf(first!)).toEqual(identityOf(read(late([0, 2])).posted[0]!));
  });

  test("a million categories become a thousand, and no count is lost", () => {
    const categories: Record<string, number> = {};
    for (let i = 0; i < 1_000_000; i++) categories[`user-${i}`] = i < 1_500 ? 2 + (i % 7) : 1;
    const { posted, capped } = read(post({ feature: "user", categories }));
    expect(capped).toEqual([{ path: "features[0].categories", categories: 1_000_000, kept: 1_000 }]);
    const { cells } = posted[0]!.observed;
    if (cells.form !== "categories") throw new Error("no categories");
    expect(cells.counts.size).toBe(1_001);
    const total = (counts: Iterable<number>) => [...counts].reduce((sum, count) => sum + count, 0);
    expect(total(cells.counts.values())).toBe(total(Object.values(categories)));
  });
});

const score = { feature: "s", kind: "score", bounds: [0, 0.5, 1], counts: [5, 5] };
const cases: [name: string, body: unknown, path: string, found: RegExp, expected: RegExp][] = [
  [
    "counts for other bounds",
    post({ ...amount, counts: [1, 2, 3, 4, 5] }),
    "features[0].counts",
    /^5 counts for 3 bounds$/,
    /2 .*or 4/,
  ],
  ["no counts", post({ ...amount, counts: [] }), "features[0].counts", /^0 counts/, /2/],
  ["unsorted bounds", post({ ...amount, bounds: [0, 20, 10] }), "features[0].bounds[2]", /^10$/, /more than 20/],
  ["a bound twice", post({ ...amount, bounds: [0, 0, 10] }), "features[0].bounds[1]", /^0$/, /more than 0/],
  [
    "a bare NaN",
    JSON.stringify(post(amount)).replace("[3,4]", "[3,NaN]"),
    "features[0].counts[1]",
    /NaN/,
    /whole number/,
  ],
  [
    "a bare Infinity",
    JSON.stringify(post(amount)).replace("20]", "-Infinity]"),
    "features[0].bounds[2]",
    /-Infinity/,
    /finite/,
  ],
  ["a negative count", post({ ...amount, counts: [3, -1] }), "features[0].counts[1]", /^-1$/, /whole number/],
  ["a fraction of a row", post({ ...amount, counts: [3.5, 1] }), "features[0].counts[0]", /^3.5$/, /whole number/],
  [
    "a negative category",
    post({ feature: "c", categories: { a: -1 } }),
    'features[0].categories["a"]',
    /-1/,
    /whole number/,
  ],
  ["a window of no length", post(amount, { since: NOW, until: NOW }), "until", /./, /after since/],
  ["a window in the future", post(amount, { until: NOW + 301_000 }), "until", /./, /5 minutes/],
  ["seconds", post(amount, { since: NOW / 1000 }), "since", /^\d{10}$/, /milliseconds/],
  ["a date without a zone", post(amount, { since: "2026-09-14 11:00" }), "since", /2026/, /RFC 3339/],
  [
    "an unknown kind",
    post({ ...amount, kind: "label" }),
    "features[0].kind",
    /"label"/,
    /input, prediction, score, latency/,
  ],
  ["an unknown key", post({ ...amount, count: [1] }), "features[0].count", /unknown key/, /counts/],
  ["an unknown key of a post", post(amount, { sent: 1 }), "sent", /unknown key/, /until/],
  ["no model", { ...window, features: [amount] }, "model", /nothing/, /text/],
  ["no features", { model: "m", ...window, features: [] }, "features", /\[\]/, /at least one/],
  ["a feature twice", { model: "m", ...window, features: [amount, amount] }, "features[1].feature", /amount/, /once/],
  ["labels of no text", post(amount, { labels: { region: 1 } }), "labels.region", /1/, /text/],
  [
    "labels of an input",
    post({ ...score, kind: "input", labels: { "0": [1, 1], "1": [1, 1] } }),
    "features[0].labels",
    /./,
    /kind score/,
  ],
  [
    "more labels than rows",
    post({ ...score, labels: { "0": [6, 0], "1": [0, 0] } }),
    "features[0].labels",
    /^6 labels in cell 0$/,
    /at most 5/,
  ],
  ["labels of other cells", post({ ...score, labels: { "0": [1], "1": [1] } }), "features[0].labels", /1 cells/, /2/],
  [
    "a class without its labels",
    post({ ...score, labels: { "0": [1, 1] } }),
    'features[0].labels["1"]',
    /nothing/,
    /array/,
  ],
  [
    "a third class",
    post({ ...score, labels: { "0": [1, 1], "1": [0, 0], "2": [0, 0] } }),
    "features[0].labels.2",
    /unknown/,
    /0, 1/,
  ],
  [
    "open cells without sums",
    post({ ...score, bounds: [0.5], labels: { "0": [1, 0], "1": [0, 0] } }),
    "features[0].score_sums",
    /nothing/,
    /open cell/,
  ],
  [
    "bounds beside categories",
    post({ ...amount, categories: { a: 1 } }),
    "features[0].bounds",
    /./,
    /beside categories/,
  ],
  ["neither", post({ feature: "x" }), "features[0].bounds", /nothing/, /bounds and counts, or categories/],
  ["in an array", [post(amount), post({ ...amount, counts: [1] })], "[1].features[0].counts", /1 counts/, /2/],
  ["a number", 5, "", /5/, /object/],
  ["no JSON", "{", "", /no JSON/, /object/],
];

test.each(cases)("%s is refused", (_, body, path, found, expected) => {
  const error = refusal(body);
  expect(error.path).toBe(path);
  expect(error.found).toMatch(found);
  expect(error.expected).toMatch(expected);
});

test("whatever JSON comes is read or refused with a path", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const bodies = [
        json,
        JSON.stringify(post(amount)).replace("[3,4]", json),
        `{"model":"m","since":1,"features":[${json}]}`,
      ];
      for (const body of bodies) {
        try {
          read(body);
        } catch (error) {
          expect(error).toBeInstanceOf(ObservationError);
        }
      }
    }),
  );
});
