/**
 * What must be true before any TypeScript of the project can run: packages installed, pages built. Plain JavaScript
 * without dependencies, because it runs on whatever Node (18 or later) the machine has.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** Node 22, installed as a package: runs .ts files directly whatever Node started this. */
export const node22 = join(root, "node_modules/node/bin/node");

const installStamp = join(root, "node_modules/.lockstep-stamp");
const webStamp = join(root, "web/.next/.lockstep-stamp");
const skippedFolders = new Set(["node_modules", ".next", ".turbo", "test-results"]);
/** tsconfig.json: the build itself rewrites it. */
const skippedFiles = /\.tsbuildinfo$|^tsconfig\.json$|^next-env\.d\.ts$|\.test\.tsx?$|\.md$/;

/** Ends this start with one line of reason; callers print it and exit with `exitCode`. */
export class BootstrapError extends Error {
  exitCode = 1;
}

export function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 18) {
    throw new BootstrapError(`Node ${process.versions.node} is too old: install Node 20 or later, then run this again`);
  }
}

/** Runs `npm install` unless node_modules already matches every package.json and the lock. */
export async function installIfNeeded() {
  if (readStamp(installStamp) === installHash() && existsSync(node22)) return;
  rmSync(installStamp, { force: true });
  const step = startStep("installing packages");
  let fetched = 0;
  const progress = () => step.say(`${fetched} answers from the registry`);
  const npm =
    process.env.npm_execpath && process.env.npm_node_execpath
      ? [process.env.npm_node_execpath, process.env.npm_execpath]
      : ["npm"];
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=http", "--no-progress"];
  const result = await run([...npm, ...args], { cwd: root, every: progress }, (line) => {
    if (line.includes("npm http fetch")) fetched += 1;
  });
  if (result.code !== 0) {
    const tail = result.tail.filter((line) => !/npm http|^npm error\s+at |^npm error\s*$/.test(line)).slice(-15);
    throw new BootstrapError(
      `npm install failed:\n${tail.map((line) => `    ${line}`).join("\n")}\n` +
        "  Check the network and the registry that `npm config get registry` names, then run this again.",
    );
  }
  if (!existsSync(node22)) {
    throw new BootstrapError(
      "npm install ended well but did not bring node_modules/node/bin/node: its install scripts are switched off. " +
        "Run `npm install --ignore-scripts=false`, then this again",
    );
  }
  // After the install: npm may have rewritten the lock for this platform.
  writeFileSync(installStamp, installHash());
  step.done();
}

/** Runs `next build` unless web/.next was built from the sources as they are. */
export async function buildWebIfNeeded() {
  const hash = webHash();
  if (readStamp(webStamp) === hash) return;
  rmSync(webStamp, { force: true });
  const step = startStep("building the pages");
  const result = await run([node22, join(root, "node_modules/next/dist/bin/next"), "build"], {
    cwd: join(root, "web"),
    every: () => step.say(""),
    env: { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
  });
  if (result.code !== 0) {
    throw new BootstrapError(
      `building the pages failed:\n${result.tail
        .slice(-30)
        .map((line) => `    ${line}`)
        .join("\n")}\n  \`npm run build\` in web/ shows all of it.`,
    );
  }
  mkdirSync(dirname(webStamp), { recursive: true });
  writeFileSync(webStamp, hash);
  step.done();
}

/**
 * Runs a script on Node 22 in the place of this process: its terminal, its signals, its exit code. The open channel
 * tells the script when this process is killed without a signal to pass on.
 */
export function become(script, args) {
  const child = spawn(node22, ["--disable-warning=ExperimentalWarning", script, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`lockstep: cannot run ${node22}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
}

/** Prints the reason of a failed bootstrap, in one place. */
export function failBootstrap(error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`lockstep: ${error.message}\n`);
  process.exit(error.exitCode);
}

/** Runs a command, keeps its last 60 lines, calls `every` each 5 s. Resolves with its exit code, never rejects. */
export function run(command, { cwd, env = {}, every }, onLine = () => {}) {
  return new Promise((resolvePromise) => {
    const tail = [];
    const child = spawn(command[0], command.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = every === undefined ? undefined : setInterval(every, 5_000);
    const keep = (line) => {
      onLine(line);
      tail.push(line);
      if (tail.length > 60) tail.shift();
    };
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, keep);
    const end = (code) => {
      clearInterval(timer);
      resolvePromise({ code, tail });
    };
    child.on("error", (error) => {
      keep(`cannot run ${command[0]}: ${error.message}`);
      end(1);
    });
    child.on("close", (code) => end(code ?? 1));
  });
}

function eachLine(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

/** One line when a step begins, one now and then while it takes, one at its end. */
export function startStep(name) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  process.stdout.write(`  ${name} ...\n`);
  return {
    say: (detail) => process.stdout.write(`  ${name}: ${seconds()}${detail === "" ? "" : `, ${detail}`}\n`),
    done: () => process.stdout.write(`  ${name}: done in ${seconds()}\n`),
  };
}

/** The folders of all workspaces, from the root. */
export function workspaceFolders() {
  return readJson(join(root, "package.json"))
    .workspaces.flatMap((pattern) => {
      if (!pattern.endsWith("/*")) return [pattern];
      const parent = pattern.slice(0, -2);
      return readdirSync(join(root, parent))
        .sort()
        .map((name) => join(parent, name));
    })
    .filter((folder) => existsSync(join(root, folder, "package.json")));
}

function installHash() {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const folder of ["", ...workspaceFolders()]) addFile(hash, join(root, folder, "package.json"));
  addFile(hash, join(root, "package-lock.json"));
  return hash.digest("hex");
}

function webHash() {
  const hash = createHash("sha256");
  addFile(hash, join(root, "package-lock.json"));
  addFile(hash, join(root, "tsconfig.base.json"));
  addFolder(hash, join(root, "web"));
  for (const name of workspaceDependencies("web")) {
    addFolder(hash, join(root, name === "schemas" ? name : `packages/${name}`));
  }
  return hash.digest("hex");
}

/** Names of all @lockstep packages a workspace depends on, directly or not, sorted. */
function workspaceDependencies(folder, seen = new Set()) {
  for (const dependency of Object.keys(readJson(join(root, folder, "package.json")).dependencies ?? {})) {
    const name = dependency.startsWith("@lockstep/") ? dependency.slice("@lockstep/".length) : undefined;
    if (name === undefined || seen.has(name)) continue;
    seen.add(name);
    workspaceDependencies(name === "schemas" ? name : `packages/${name}`, seen);
  }
  return [...seen].sort();
}

function addFolder(hash, folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) addFolder(hash, path);
    if (entry.isFile() && !skippedFiles.test(entry.name)) addFile(hash, path);
  }
}

function addFile(hash, path) {
  if (!existsSync(path)) return;
  hash
    .update(`${relative(root, path)}\0`)
    .update(readFileSync(path))
    .update("\0");
}

function readStamp(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
