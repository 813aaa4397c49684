#!/usr/bin/env node
/** The command `lockstep`: installs what is missing, builds the pages where they are needed, then runs on Node 22. */
import { join } from "node:path";
import { become, buildWebIfNeeded, checkNode, failBootstrap, installIfNeeded, root } from "./bootstrap.mjs";

async function lockstep(args) {
  try {
    checkNode();
    await installIfNeeded();
    if (args[0] === "start" && !args.includes("--help")) await buildWebIfNeeded();
  } catch (error) {
    failBootstrap(error);
  }
  become(join(root, "cli/src/main.ts"), args);
}

await lockstep(process.argv.slice(2));
