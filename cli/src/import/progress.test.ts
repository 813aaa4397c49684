import { expect, test } from "vitest";
import { createProgress, duration, progressText } from "./progress.ts";

test("rows, bytes, rate and the time that is left", () => {
  const { bar, line } = progressText("reading", { done: 25e6, total: 100e6, rows: 1_000_000, seconds: 10 });
  expect(line).toBe("reading: 25 %, 1,000,000 rows, 25.0 of 100.0 MB, 100,000 rows/s, 30 s left");
  expect(bar).toContain("██████░░░░░░░░░░░░░░░░░░ 25 %");
  expect(progressText("reading", { done: 0, total: 0, rows: 0, seconds: 0 }).line).toBe(
    "reading: 0 %, 0 rows, 0.0 of 0.0 MB",
  );
});

test.each([
  [true, 3, 0],
  [false, 0, 1],
])("terminal %s: %i drawings, %i lines", (isTerminal, drawings, lines) => {
  let now = 0;
  const [drawn, printed]: [string[], string[]] = [[], []];
  const output = {
    isTerminal,
    draw: (text: string) => drawn.push(text),
    print: (line: string) => printed.push(line),
    now: () => now,
  };
  const progress = createProgress("reading", output);
  for (now of [0, 50, 2000, 5500, 5550]) progress.update(now, 6000, now);
  expect([drawn.length, printed.length]).toEqual([drawings, lines]);
  progress.end();
  expect(drawn.length).toBe(isTerminal ? drawings + 1 : 0);
});

test("durations", () => {
  expect([0.2, 59, 61, 7300].map(duration)).toEqual(["1 s", "59 s", "1 min 1 s", "2 h 2 min"]);
});
