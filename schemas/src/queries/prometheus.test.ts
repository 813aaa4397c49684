import { describe, expect, test } from "vitest";
import { prometheusInstant, prometheusRange, prometheusSamples, type SampleScope } from "./prometheus.ts";
import { seriesLabelNames, seriesLabels, seriesLabelValues } from "./series-labels.ts";
import { type SeriesSelector, seriesCondition } from "./series-matchers.ts";

const UP: SeriesSelector = [
  { name: "__name__", op: "=", value: "up" },
  { name: "job", op: "!~", value: "a|b'" },
];
const SCOPE: SampleScope = { selectors: [UP], afterMs: 1000, untilMs: 2000 };

describe("matchers", () => {
  test("names, values and patterns are bound, none is in the SQL", () => {
    const hostile = "') OR 1=1 --{x:String}";
    const ops = ["=", "!=", "=~", "!~"] as const;
    const { sql, params } = seriesCondition([ops.map((op) => ({ name: hostile, op, value: hostile }))]);
    expect(sql).toBe(
      "labels[{label0:String}] = {value1:String} AND labels[{label2:String}] != {value3:String}" +
        " AND match(labels[{label4:String}], {pattern5:String}) AND NOT match(labels[{label6:String}], {pattern7:String})",
    );
    expect(params).toMatchObject({ label0: hostile, value1: hostile, pattern5: `^(?s:${hostile})$` });
  });

  test("several selectors are alternatives; none selects all", () => {
    const other: SeriesSelector = [{ name: "__name__", op: "=~", value: "x.*" }];
    expect(seriesCondition([UP, other]).sql).toBe(
      "((metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String})) OR (match(metric, {pattern3:String})))",
    );
    expect(seriesCondition([])).toEqual({ sql: "true", params: {} });
  });
});

describe("SQL", () => {
  test("instant", () => {
    expect(prometheusInstant(SCOPE, 10)).toMatchInlineSnapshot(`
      {
        "name": "prometheusInstant",
        "params": {
          "after": 1000,
          "label1": "job",
          "limit": 10,
          "metrics": [
            1128467232,
          ],
          "pattern2": "^(?s:a|b')$",
          "until": 2000,
          "value0": "up",
        },
        "sql": "SELECT series, argMax(if(e = 127, m, reinterpretAsInt64(m / intExp10(e))), ts) AS bits
      FROM samples
      WHERE metric IN {metrics:Array(UInt32)} AND series IN (SELECT series FROM series WHERE metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String}))
        AND ts > fromUnixTimestamp64Milli({after:Int64})
        AND ts <= fromUnixTimestamp64Milli({until:Int64})
      GROUP BY series
      HAVING bits != 9218868437227405314
      LIMIT {limit:UInt64}",
      }
    `);
  });
  test("range", () => {
    expect(
      prometheusRange([UP], { startMs: 400_000, endMs: 460_000, stepMs: 15_000 }, 300_000, 10),
    ).toMatchInlineSnapshot(`
      {
        "name": "prometheusRange",
        "params": {
          "after": 100000,
          "label1": "job",
          "limit": 10,
          "lookback": 300000,
          "metrics": [
            1128467232,
          ],
          "pattern2": "^(?s:a|b')$",
          "start": 400000,
          "step": 15000,
          "until": 460000,
          "value0": "up",
        },
        "sql": "SELECT
        series,
        timeSeriesLastToGrid(
          fromUnixTimestamp64Milli({start:Int64}), fromUnixTimestamp64Milli({until:Int64}),
          toDecimal64({step:Int64} / 1000, 3), toDecimal64({lookback:Int64} / 1000, 3))(ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e))) AS grid
      FROM samples
      WHERE metric IN {metrics:Array(UInt32)} AND series IN (SELECT series FROM series WHERE metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String}))
        AND ts > fromUnixTimestamp64Milli({after:Int64})
        AND ts <= fromUnixTimestamp64Milli({until:Int64})
      GROUP BY series
      LIMIT {limit:UInt64}
      SETTINGS allow_experimental_time_series_aggregate_functions = 1",
      }
    `);
  });
  test("samples", () => {
    expect(
      prometheusSamples({ ...SCOPE, selectors: [[{ name: "job", op: "=", value: "a" }]] }, 10).sql,
    ).toMatchInlineSnapshot(`
      "SELECT series, toUnixTimestamp64Milli(ts) AS time, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)) AS value
      FROM samples
      WHERE (metric, series) IN (SELECT toUInt32(arrayFold((hash, at) -> bitAnd(bitXor(hash, reinterpretAsUInt8(substring(metric, at, 1))) * 16777619, 4294967295), range(1, length(metric) + 1), toUInt64(2166136261))), series FROM series WHERE labels[{label0:String}] = {value1:String})
        AND ts > fromUnixTimestamp64Milli({after:Int64})
        AND ts <= fromUnixTimestamp64Milli({until:Int64})
        AND NOT (e = 127 AND m = 9218868437227405314)
      ORDER BY series, ts
      LIMIT 1 BY series, ts
      LIMIT {limit:UInt64}"
    `);
  });
  test("labels of series", () => {
    expect(seriesLabels([UP], undefined, 10).sql).toMatchInlineSnapshot(`
      "SELECT series, mapKeys(any(labels)) AS names, mapValues(any(labels)) AS label_values
      FROM series
      WHERE metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String})
      GROUP BY series
      LIMIT {limit:UInt64}"
    `);
    expect(seriesLabels([UP], SCOPE, 10)).toMatchInlineSnapshot(`
      {
        "name": "seriesLabels",
        "params": {
          "after": 1000,
          "label1": "job",
          "limit": 10,
          "metrics": [
            1128467232,
          ],
          "pattern2": "^(?s:a|b')$",
          "until": 2000,
          "value0": "up",
        },
        "sql": "SELECT series, mapKeys(any(labels)) AS names, mapValues(any(labels)) AS label_values
      FROM series
      WHERE metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String})
        AND series IN
        (
          SELECT DISTINCT series
          FROM samples
          WHERE metric IN {metrics:Array(UInt32)} AND series IN (SELECT series FROM series WHERE metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String}))
        AND ts > fromUnixTimestamp64Milli({after:Int64})
        AND ts <= fromUnixTimestamp64Milli({until:Int64})
        )
      GROUP BY series
      LIMIT {limit:UInt64}",
      }
    `);
  });
  test("names and values", () => {
    expect(seriesLabelNames([], { startMs: 8_000_000, endMs: 9_000_000 }, 5)).toMatchObject({
      params: { since: 800_000, until: 9_000_000, limit: 5 },
    });
    expect(seriesLabelNames([], { startMs: 8_000_000, endMs: 9_000_000 }, 5).sql).toMatchInlineSnapshot(`
      "SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name
      FROM series
      WHERE true
        AND last_seen >= fromUnixTimestamp64Milli({since:Int64})
        AND first_seen <= fromUnixTimestamp64Milli({until:Int64})
      ORDER BY name
      LIMIT {limit:UInt64}"
    `);
    expect(seriesLabelValues("job", [UP], {}, 5).sql).toMatchInlineSnapshot(`
      "SELECT DISTINCT labels[{label:String}] AS value
      FROM series
      WHERE value != ''
        AND metric = {value0:String} AND NOT match(labels[{label1:String}], {pattern2:String})
      ORDER BY value
      LIMIT {limit:UInt64}"
    `);
    expect(seriesLabelValues("__name__", [], {}, 5).sql).toMatchInlineSnapshot(`
      "SELECT DISTINCT toString(metric) AS value
      FROM series
      WHERE value != ''
        AND true
      ORDER BY value
      LIMIT {limit:UInt64}"
    `);
  });
});
