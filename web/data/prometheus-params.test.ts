import {
  instantQueryParams,
  labelsParams,
  rangeQueryParams,
  seriesParams,
  targetsParams,
} from "@lockstep/schemas/api/prometheus";
import { describe, expect, test } from "vitest";
import { ApiError } from "./prometheus-error.ts";
import { parseParams, requestParams } from "./prometheus-params.ts";
import { unescapeLabelName } from "./prometheus-series.ts";

const params = (text: string) => new URLSearchParams(text);

test("an instant query", () => {
  expect(parseParams(instantQueryParams, params("query=up&time=1.5&timeout=10s&limit=3&_=1&time="))).toEqual({
    query: "up",
    time: 1500,
    timeout: 10_000,
    limit: 3,
  });
  expect(parseParams(instantQueryParams, params("query=up&time="))).toEqual({ query: "up" });
});

test("a range query", () => {
  const given = params("query=up&start=2026-11-23T10:00:00Z&end=1795428000.5&step=1m");
  expect(parseParams(rangeQueryParams, given)).toMatchObject({
    start: 1_795_428_000_000,
    end: 1_795_428_000_500,
    step: 60_000,
  });
  expect(parseParams(rangeQueryParams, params("query=up&start=0&end=11000&step=1")).end).toBe(11_000_000);
});

describe("refused", () => {
  test.each<[string, "instant" | "range" | "series", RegExp]>([
    ["", "instant", /"query".*none/],
    ["query=up&time=soon", "instant", /"time".*"soon"/],
    ["query=up&limit=-1", "instant", /"limit"/],
    ["query=up&timeout=0", "instant", /"timeout".*zero/],
    ["query=up&end=1&step=1", "range", /"start"/],
    ["query=up&start=0&end=1&step=0", "range", /"step".*zero/],
    ["query=up&start=0&end=1&step=-5", "range", /"step".*zero/],
    ["query=up&start=0&end=1&step=x", "range", /"step".*"x"/],
    ["query=up&start=2&end=1&step=1", "range", /"end".*before start/],
    ["query=up&start=0&end=11001&step=1", "range", /"step".*11,000/],
    ["start=1", "series", /"match\[\]".*none/],
    ["match[]=up&start=2&end=1", "series", /"end".*before start/],
  ])("%s of %s", (text, kind, message) => {
    const schema = { instant: instantQueryParams, range: rangeQueryParams, series: seriesParams }[kind];
    let thrown: unknown;
    try {
      parseParams(schema, params(text));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({ code: "bad_data", status: 400, message: expect.stringMatching(message) });
  });
});

test("selectors may repeat, and labels need none", () => {
  expect(parseParams(seriesParams, params("match[]=a&match[]=b"))["match[]"]).toEqual(["a", "b"]);
  expect(parseParams(labelsParams, params(""))).toEqual({ "match[]": [] });
  expect(parseParams(targetsParams, params("state=Active"))).toEqual({ state: "active" });
});

describe("where parameters come from", () => {
  const post = (body: string, type: string) =>
    new Request("http://localhost/api/v1/query?time=1&query=url", {
      method: "POST",
      body,
      headers: { "content-type": type },
    });

  test("a form comes before the URL", async () => {
    const read = await requestParams(post("query=form%20text", "application/x-www-form-urlencoded; charset=utf-8"));
    expect([read.get("query"), read.get("time")]).toEqual(["form text", "1"]);
  });
  test("another body is no form", async () => {
    expect((await requestParams(post('{"query":1}', "application/json"))).get("query")).toBe("url");
  });
  test("a form too large is refused", async () => {
    const large = post(`query=${"x".repeat(2_000_000)}`, "application/x-www-form-urlencoded");
    await expect(requestParams(large)).rejects.toMatchObject({ code: "bad_data" });
  });
});

test.each([
  ["job", "job"],
  ["U__a_2e_b__c", "a.b_c"],
  ["U__", ""],
  ["U__a_b", undefined],
  ["U__a_110000_", undefined],
  ["_x", "_x"],
])("label name %s in a path", (given, name) => {
  expect(unescapeLabelName(given)).toBe(name);
});
