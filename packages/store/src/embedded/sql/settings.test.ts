import { describe, expect, test } from "vitest";
import { requestSettings, resetStatement, setStatements } from "./settings.ts";

const limits = { defaultSeconds: 120, maxSeconds: 3600, defaultMemory: 400, maxMemory: 700 };
const settingsOf = (query: string) => requestSettings(new URLSearchParams(query), limits);

describe("requestSettings", () => {
  test("what belongs to HTTP is no setting, and time and memory are always bounded", () => {
    const { assignments, seconds } = settingsOf("query=SELECT+1&query_id=a&database=d&async_insert=1&max_threads=2");
    expect(assignments).toEqual([
      ["max_threads", "2"],
      ["max_execution_time", "120"],
      ["max_memory_usage", "400"],
    ]);
    expect(seconds).toBe(120);
  });
  test.each([
    ["max_execution_time=5", 5],
    ["max_execution_time=0.5", 0.5],
    ["max_execution_time=0", 3600],
    ["max_execution_time=99999", 3600],
    ["max_execution_time=soon", 3600],
  ])("%s: %d s", (query, seconds) => {
    expect(settingsOf(query).seconds).toBe(seconds);
  });
  test("readonly comes last, behind the parameters", () => {
    expect(settingsOf("readonly=1&param_x=a&max_threads=1").assignments.map(([name]) => name)).toEqual([
      "max_threads",
      "max_execution_time",
      "max_memory_usage",
      "param_x",
      "readonly",
    ]);
  });
  test("a name that could be SQL is told", () => {
    expect(settingsOf("max_threads%3D1,x=2").badName).toBe("max_threads=1,x");
  });
});

test("values are quoted", () => {
  expect(setStatements([["param_x", "it's \\N"]])).toEqual(["SET param_x = 'it\\'s \\\\N'"]);
});

test("what is longer than ClickHouse's limit of a statement raises it, and puts it back", () => {
  const [raise, set] = setStatements([
    ["max_query_size", "1000"],
    ["param_x", "x".repeat(300_000)],
  ]);
  expect(raise).toMatch(/^SET max_query_size = \d{7}$/);
  expect(set).toMatch(/^SET max_query_size = '1000', param_x = 'x/);
});

test("reset leaves parameters be", () => {
  expect(
    resetStatement([
      ["a", "1"],
      ["param_x", "2"],
      ["b", "3"],
    ]),
  ).toBe("SET a = DEFAULT, b = DEFAULT");
  expect(resetStatement([["param_x", "2"]])).toBeUndefined();
});
