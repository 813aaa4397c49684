/** The import directions of docs/design.md: processes -> packages -> schemas, no process into another, pure cores without I/O. */
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = import.meta.dirname;
const topFolders = ["schemas", "packages", "collector", "ingest", "watch", "web", "cli", "demo", "bench", "e2e"];
const processes = topFolders.slice(2);
const skipped = new Set(["node_modules", ".next", ".turbo", "test-results"]);

type Import = { readonly file: string; readonly specifier: string; readonly typeOnly: boolean };

/** Paths from the root of every source file. */
const files = topFolders.flatMap((folder) => sourcesIn(join(root, folder))).map((file) => relative(root, file));
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourcesIn(join(folder, entry.name));
    return /\.(ts|tsx|mts|mjs)$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [join(folder, entry.name)] : [];
  });
}

function importsOf(file: string, text: string): Import[] {
  const statement = /^[ \t]*(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s*)?["']([^"'\n]+)["']/gm;
  const dynamic = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;
  return [
    ...[...text.matchAll(statement)].map((match) => ({ file, specifier: match[2]!, typeOnly: match[1] !== undefined })),
    ...[...text.matchAll(dynamic)].map((match) => ({ file, specifier: match[1]!, typeOnly: false })),
  ];
}

/** "collector", "web", "packages/store", "schemas". */
function unitOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "packages" ? `packages/${second}` : top;
}

/** The unit an import leads to; undefined for npm packages and builtins. */
function targetOf({ file, specifier }: Import): string | undefined {
  if (specifier.startsWith(".")) return unitOf(relative(root, join(root, dirname(file), specifier)));
  const name = /^@lockstep\/([^/]+)/.exec(specifier)?.[1];
  if (name === undefined) return undefined;
  return name === "schemas" || processes.includes(name) ? name : `packages/${name}`;
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

const isTest = (file: string) => /\.test\.tsx?$|\/test\/|\/testdata\//.test(file);
const shown = (found: readonly Import[]) => found.map(({ file, specifier }) => `${file} imports ${specifier}`);

test("it saw the whole tree", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(files.length);
  for (const folder of topFolders)
    expect(files.filter((file) => file.startsWith(`${folder}/`)).length).toBeGreaterThan(0);
});

describe("the scanner", () => {
  const table: { text: string; specifiers: string[] }[] = [
    { text: 'import { a } from "./a.ts";', specifiers: ["./a.ts"] },
    { text: 'import type { A } from "@lockstep/schemas/a";', specifiers: ["@lockstep/schemas/a"] },
    { text: 'import {\n  a,\n  type B,\n} from "./a.ts";', specifiers: ["./a.ts"] },
    { text: 'import "server-only";', specifiers: ["server-only"] },
    { text: 'import * as a from "node:fs";\nexport * from "./b.ts";', specifiers: ["node:fs", "./b.ts"] },
    { text: 'const { a } = await import("./late.ts");', specifiers: ["./late.ts"] },
    { text: 'const text = "from the start";', specifiers: [] },
  ];
  test.each(table)("$text", ({ text, specifiers }) =>
    expect(importsOf("a.ts", text).map(({ specifier }) => specifier)).toEqual(specifiers),
  );
});

test("no process imports another", () => {
  const found = imports.filter((each) => {
    const target = targetOf(each);
    return (
      processes.includes(unitOf(each.file)) &&
      target !== undefined &&
      processes.includes(target) &&
      target !== unitOf(each.file)
    );
  });
  expect(shown(found)).toEqual([]);
});

test("packages import packages and schemas only", () => {
  const found = imports.filter((each) => each.file.startsWith("packages/") && processes.includes(targetOf(each) ?? ""));
  expect(shown(found)).toEqual([]);
});

test("another unit is imported by its name, not by a path", () => {
  const found = imports.filter(
    (each) => each.specifier.startsWith(".") && targetOf(each) !== unitOf(each.file) && !isTest(each.file),
  );
  expect(shown(found)).toEqual([]);
});

test("schemas imports zod only", () => {
  const found = imports.filter(
    ({ file, specifier }) =>
      file.startsWith("schemas/") && !isTest(file) && !specifier.startsWith(".") && !specifier.startsWith("zod"),
  );
  expect(shown(found)).toEqual([]);
});

test.each(["packages/formats", "packages/promql", "packages/analysis"])("%s does no I/O", (unit) => {
  const pure = new Set(["node:crypto", "node:buffer", "node:util", "node:assert"]);
  const found = imports.filter(
    ({ file, specifier }) => unitOf(file) === unit && !isTest(file) && isBuiltin(specifier) && !pure.has(specifier),
  );
  expect(shown(found)).toEqual([]);
});

test("only packages/store speaks to ClickHouse", () => {
  const found = imports.filter(
    ({ file, specifier }) => /^(@clickhouse\/|chdb)/.test(specifier) && unitOf(file) !== "packages/store",
  );
  expect(shown(found)).toEqual([]);
});

test("components of the pages take their data as props", () => {
  const found = imports.filter(({ file, specifier, typeOnly }) => {
    if (!file.startsWith("web/components/") || typeOnly || !specifier.startsWith(".")) return false;
    return relative(root, join(root, dirname(file), specifier)).startsWith("web/data/");
  });
  expect(shown(found)).toEqual([]);
});
