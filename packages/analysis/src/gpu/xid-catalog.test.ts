import { expect, test } from "vitest";
import { listedXids, xidOf } from "./xid-catalog.ts";

test.each([
  [13, "app", "warning"],
  [31, "app", "warning"],
  [43, "app", "info"],
  [45, "sympathetic", "info"],
  [48, "hardware", "critical"],
  [54, "hardware", "critical"],
  [63, "hardware", "warning"],
  [64, "hardware", "critical"],
  [74, "link", "critical"],
  [79, "hardware", "critical"],
  [92, "hardware", "warning"],
  [94, "hardware", "warning"],
  [119, "driver", "critical"],
  [121, "link", "warning"],
  [149, "link", "critical"],
  [154, "meta", "info"],
  [163, "power", "info"],
  [167, "pcie", "critical"],
])("Xid %d: %s, %s", (code, blame, severity) =>
  expect(xidOf(code)).toMatchObject({ code, blame, severity, listed: true }),
);

test("every code of the catalog stands once, with what to do", () => {
  const all = listedXids();
  expect(all.length).toBe(100);
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  for (const { meaning, immediate } of all) expect(meaning.length * immediate.length).toBeGreaterThan(0);
});

test("what is not listed says so", () =>
  expect(xidOf(999)).toMatchObject({
    code: 999,
    meaning: "unlisted Xid",
    immediate: "contact support",
    listed: false,
  }));
