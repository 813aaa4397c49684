/** `npm run promqltest -- DIR|FILE ...`: PromQL test files against every way of running PromQL. Exit code 1 on a failure. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { exactWay } from "./exact-way.ts";
import { type Outcome, runFile } from "./run-file.ts";
import type { Way } from "./way.ts";

const USAGE = `usage: npm run promqltest -- [--skipped] DIR|FILE ...
  runs the test files (*.test of a directory) and ends with "N passed, N failed, N skipped"
  --skipped   tells what was skipped and why`;

function ways(): Way[] {
  return [exactWay({ delayedNames: true, experimental: true })];
}

async function testFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) found.push(path);
    else {
      const names = (await readdir(path)).filter((name) => name.endsWith(".test")).sort();
      found.push(...names.map((name) => join(path, name)));
    }
  }
  return found;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n              ");
}

function report(file: string, way: Way, outcome: Outcome, showSkipped: boolean): void {
  const place = `${file}:${outcome.line} [${way.name}]`;
  if (outcome.kind === "failed") {
    console.log(`FAILED ${place}\n  query:    ${outcome.expr}`);
    console.log(`  found:    ${indented(outcome.found)}\n  expected: ${indented(outcome.expected)}`);
  }
  if (outcome.kind === "skipped" && showSkipped) console.log(`skipped ${place} ${outcome.expr}: ${outcome.reason}`);
}

async function main(args: readonly string[]): Promise<number> {
  const showSkipped = args.includes("--skipped");
  const paths = args.filter((arg) => !arg.startsWith("--"));
  if (paths.length === 0 || args.includes("--help")) {
    console.log(USAGE);
    return paths.length === 0 && !args.includes("--help") ? 2 : 0;
  }
  const files = await testFiles(paths);
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const way of ways()) {
    for (const file of files) {
      const outcomes = await runFile(await readFile(file, "utf8"), way);
      for (const outcome of outcomes) {
        total[outcome.kind]++;
        report(file, way, outcome, showSkipped);
      }
    }
  }
  if (files.length === 0) console.log(`found no *.test file in ${paths.join(", ")}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 || files.length === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
