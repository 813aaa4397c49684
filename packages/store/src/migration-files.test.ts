import { describe, expect, test } from "vitest";
import { MigrationError, migrationOf, pendingMigrations, readMigrations, statementsOf } from "./migration-files.ts";

describe("statements of a file", () => {
  test.each([
    { text: "", expected: [] },
    { text: "-- only words; no statement\n;", expected: [] },
    { text: "SELECT 1", expected: ["SELECT 1"] },
    { text: "SELECT 1;\nSELECT 2;\n", expected: ["SELECT 1", "SELECT 2"] },
    { text: "-- why; really\nSELECT 1 -- ends; here\n;", expected: ["SELECT 1"] },
    { text: "SELECT ';\n', `a;\nb` /* ; */ ;SELECT 2", expected: ["SELECT ';\n', `a;\nb`", "SELECT 2"] },
  ])("$text", ({ text, expected }) => expect(statementsOf(text)).toEqual(expected));
});

test("a checksum changes with the statements, not with comments and layout", () => {
  const one = migrationOf("0001_a", "-- first\nCREATE TABLE a (b UInt8);").checksum;
  expect(migrationOf("0001_a", "CREATE TABLE a\n(\n  b UInt8 -- what b is\n);\n").checksum).toBe(one);
  expect(migrationOf("0001_a", "CREATE TABLE a (b UInt16);").checksum).not.toBe(one);
  expect(migrationOf("0001_a", "CREATE TABLE a (B UInt8);").checksum).not.toBe(one);
});

describe("what a database lacks", () => {
  const files = [
    migrationOf("0001_a", "SELECT 1"),
    migrationOf("0002_b", "SELECT 2"),
    migrationOf("0003_c", "SELECT 3"),
  ];
  const [a, b, c] = files.map(({ name, checksum }) => ({ name, checksum }));

  test.each([
    { applied: [], expected: ["0001_a", "0002_b", "0003_c"] },
    { applied: [a!], expected: ["0002_b", "0003_c"] },
    { applied: [a!, b!, c!], expected: [] },
  ])("$expected", ({ applied, expected }) => {
    expect(pendingMigrations(files, applied, "x").map(({ name }) => name)).toEqual(expected);
  });

  test.each([
    {
      what: "a changed file",
      applied: [{ name: "0001_a", checksum: "other" }],
      message: /0001_a.*is not what was applied/,
    },
    { what: "a newer database", applied: [{ name: "0009_z", checksum: "x" }], message: /0009_z.*newer Lockstep/ },
    { what: "a file that came late", applied: [a!, c!], message: /0002_b.*stands before 0003_c/ },
  ])("refuses $what", ({ applied, message }) => {
    expect(() => pendingMigrations(files, applied, "x")).toThrow(MigrationError);
    expect(() => pendingMigrations(files, applied, "x")).toThrow(message);
  });
});

test("the schema's own files are in order", () => {
  const files = readMigrations(new URL("../../../schemas/clickhouse/", import.meta.url));
  expect(files.length).toBeGreaterThan(1);
  for (const { statements } of files) expect(statements.length).toBeGreaterThan(0);
});
