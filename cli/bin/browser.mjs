/** Finds a Chromium for the browser tests, or gets one. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { node22, root, run, startStep } from "./bootstrap.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Resolves with `{path}`, or with `{missing}`: one line that says what was tried. */
export async function findBrowser() {
  const installed = inPath();
  if (installed !== undefined) return { path: installed };

  const step = startStep("getting a browser for the tests");
  const every = () => step.say("");
  const playwright = join(root, "node_modules/playwright/cli.js");
  const download = await run(["timeout", "240", node22, playwright, "install", "chromium"], { cwd: root, every });
  const downloaded = spawnSync(
    node22,
    ["-e", 'process.stdout.write(require("playwright").chromium.executablePath())'],
    { cwd: root, encoding: "utf8" },
  ).stdout;
  if (download.code === 0 && runs(downloaded)) return { path: downloaded };

  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run(["apt-get", "update", "-q"], { cwd: root, every, env });
    await run(["apt-get", "install", "-y", "-q", "chromium"], { cwd: root, every, env });
    const packaged = inPath();
    if (packaged !== undefined) return { path: packaged };
  }
  return {
    missing: `no browser: none of ${names.join(", ")} in PATH, and \`npx playwright install chromium\` brought none that runs`,
  };
}

function inPath() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) if (isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not ours to run: the search goes on.
  }
}

/** A download without the system's libraries is there and does not run. */
function runs(path) {
  return path !== "" && spawnSync(path, ["--version"], { timeout: 20_000 }).status === 0;
}
