import { expect, test } from "vitest";
import { Told } from "./told.ts";

test("each thing once for each file, and not of every file", () => {
  const lines: string[] = [];
  const say = (line: unknown) => lines.push(String(line));
  const told = new Told({ info: say, warn: say } as never);
  for (const about of ["a", "a", "b"]) told.warn(about, "cut", `${about} is cut`);
  told.warn("a", "gone", "a is gone");
  expect(lines).toEqual(["a is cut", "b is cut", "a is gone"]);
  told.forget("a");
  told.warn("a", "cut", "a is cut again");
  expect(lines.at(-1)).toBe("a is cut again");
  for (let i = 0; i < 1000; i++) told.warn(`file ${i}`, "cut", `${i} is cut`);
  expect(lines.length).toBeLessThan(60);
  expect(lines.at(-1)).toContain("further files");
});
