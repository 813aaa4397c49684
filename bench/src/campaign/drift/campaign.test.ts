import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "drift-campaign-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function campaign(...options: string[]): string {
  const main = join(import.meta.dirname, "../main.ts");
  return execFileSync(process.execPath, [main, "drift", "--quick", ...options], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("a campaign that was stopped goes on where it was, and gives the page of one in a go", {
  timeout: 120_000,
}, () => {
  const [keep, out] = [join(folder, "parts"), join(folder, "page.md")];
  campaign("--keep", keep, "--out", out);
  const whole = readFileSync(out, "utf8");
  for (const section of ["False alarms of the test", "False discoveries among 200", "at equal false alarms (1 %)"]) {
    expect(whole).toContain(section);
  }
  expect(whole).not.toMatch(/NaN|undefined/);
  // As if it had been stopped in the middle of a line.
  const lines = readFileSync(keep, "utf8").split("\n");
  writeFileSync(keep, `${lines.slice(0, -21).join("\n")}\n${lines.at(-21)!.slice(0, 30)}`);
  campaign("--keep", keep, "--out", out);
  expect(readFileSync(out, "utf8")).toBe(whole);
  expect(readFileSync(keep, "utf8").split("\n")).toEqual(lines);
});

test("parts of another scale are refused", () => {
  const keep = join(folder, "parts");
  writeFileSync(keep, '{"campaign":"drift","seed":2}\n');
  expect(() => campaign("--keep", keep)).toThrow(/is of another campaign/);
});
