import { describe, expect, test } from "vitest";
import { rateLimit, reasonOf, warningOf } from "./console.ts";

describe("warningOf", () => {
  const table: { line: string; warning: string | undefined }[] = [
    { line: '{"level":30,"msg":"scraped"}', warning: undefined },
    { line: '{"level":40,"msg":"target is slow"}', warning: "target is slow" },
    {
      line: '{"level":50,"msg":"insert failed","err":{"message":"connection refused"}}',
      warning: "insert failed: connection refused",
    },
    { line: '{"level":60,"err":{"message":"gone"}}', warning: "gone" },
    { line: '{"level":"40"}', warning: undefined },
    { line: "{not json", warning: undefined },
    { line: "ready collector", warning: undefined },
  ];
  test.each(table)("$line", ({ line, warning }) => expect(warningOf(line)).toBe(warning));
});

test("rateLimit says how many lines it left out", () => {
  const seen: string[] = [];
  let now = 0;
  const print = rateLimit(
    (line) => seen.push(line),
    2,
    1000,
    () => now,
  );
  for (const line of ["a", "b", "c", "d"]) print(line);
  now = 1000;
  print("e");
  expect(seen).toEqual(["a", "b", "... 2 more lines like these are in the log", "e"]);
});

describe("reasonOf", () => {
  const table: { name: string; stderr: string[]; reason: string | undefined }[] = [
    { name: "nothing", stderr: [], reason: undefined },
    { name: "a message of ours", stderr: ["noise", "ingest: spool is corrupt"], reason: "ingest: spool is corrupt" },
    {
      name: "an uncaught error of Node",
      stderr: ["file.ts:1", "", "TypeError: x is not a function", "    at f (file.ts:1:1)", "", "Node.js v22.0.0"],
      reason: "TypeError: x is not a function",
    },
    {
      name: "an error of Node with details after it",
      stderr: ["Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'a'", "  code: 'ERR'", "  url: 'file:///a'", "}"],
      reason: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'a'",
    },
    { name: "anything else", stderr: ["Killed", ""], reason: "Killed" },
  ];
  test.each(table)("$name", ({ stderr, reason }) => expect(reasonOf("ingest", stderr)).toBe(reason));
});
