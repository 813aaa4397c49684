#!/usr/bin/env node
/** `npm test`: everything that says whether this checkout is good, and at the end one line that adds it up. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildWebIfNeeded,
  checkNode,
  failBootstrap,
  installIfNeeded,
  node22,
  root,
  workspaceFolders,
} from "./bootstrap.mjs";
import { findBrowser } from "./browser.mjs";

const total = { passed: 0, failed: [], skipped: [] };
const started = Date.now();

try {
  checkNode();
  await installIfNeeded();
} catch (error) {
  failBootstrap(error);
}

const scratch = mkdtempSync(join(tmpdir(), "lockstep-test-"));
mkdirSync(join(root, "test-results"), { recursive: true });
try {
  await runAll();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
report();

async function runAll() {
  await one("format and lint", bin("@biomejs/biome/bin/biome"), ["check", "--diagnostic-level=error", "."]);
  // Before the type check: the build writes the declarations of Next.js that it needs.
  const built = await building();
  await typecheck();
  await vitest("unit tests", ["run"]);
  if (!built) {
    total.failed.push("whole-system tests: not run, the pages do not build");
    return;
  }
  const browser = await findBrowser();
  await vitest("whole-system tests", ["run", "--config", "e2e/vitest.config.ts"], {
    LOCKSTEP_TEST_BROWSER: browser.path ?? "",
    LOCKSTEP_TEST_BROWSER_MISSING: browser.missing ?? "",
  });
}

async function building() {
  try {
    await buildWebIfNeeded();
    total.passed += 1;
    return true;
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    total.failed.push("the pages build");
    return false;
  }
}

/** All workspaces together count as one test. */
async function typecheck() {
  title("types");
  const failed = [];
  for (const folder of workspaceFolders()) {
    const code = await stream(bin("typescript/bin/tsc"), ["--noEmit", "-p", folder], {});
    if (code !== 0) failed.push(folder);
  }
  if (failed.length === 0) total.passed += 1;
  else total.failed.push(`types: ${failed.join(", ")}`);
}

function bin(path) {
  return join(root, "node_modules", path);
}

/** A command that counts as one test. */
async function one(name, script, args, env = {}) {
  title(name);
  const code = await stream(script, args, env);
  if (code === 0) total.passed += 1;
  else total.failed.push(`${name}: exit code ${code}`);
}

async function vitest(name, args, env = {}) {
  title(name);
  const summaryFile = join(scratch, `${name.replaceAll(" ", "-")}.json`);
  const reporters = ["--reporter=default", `--reporter=${join(root, "cli/bin/test-reporter.mjs")}`];
  const code = await stream(bin("vitest/vitest.mjs"), [...args, ...reporters], {
    ...env,
    LOCKSTEP_TEST_SUMMARY: summaryFile,
  });
  if (!existsSync(summaryFile)) {
    total.failed.push(`${name}: ended with exit code ${code} before it could say how it went`);
    return;
  }
  const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
  total.passed += summary.passed;
  total.failed.push(...summary.failed);
  total.skipped.push(...summary.skipped);
  if (code !== 0 && summary.failed.length === 0) total.failed.push(`${name}: exit code ${code}`);
}

/** Runs a script on Node 22 with this terminal; resolves with its exit code. */
function stream(script, args, env) {
  return new Promise((resolve) => {
    const child = spawn(node22, [script, ...args], {
      cwd: root,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...env },
      stdio: "inherit",
    });
    child.on("error", () => resolve(1));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

function title(name) {
  process.stdout.write(`\n== ${name} (${Math.round((Date.now() - started) / 1000)} s)\n`);
}

function report() {
  const { passed, failed, skipped } = total;
  title("result");
  for (const { name, why } of skipped) process.stdout.write(`skipped: ${name}: ${why}\n`);
  for (const name of failed) process.stdout.write(`failed: ${name}\n`);
  process.stdout.write(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
