#!/usr/bin/env node
/** The command `lockstep`: installs what is missing, builds the pages where they are needed, then runs on Node 22. */
import { join } from "node:path";
import { become, buildWebIfNeeded, checkNode, failBootstrap, installIfNeeded, root } from "./bootstrap.mjs";

async function lockstep(args) {
  try {
    checkNode();
    await installIfNeeded();
    const servesPages = args[0] === "start" || (args[0] === "run" && args.includes("web"));
    if (servesPages && !args.includes("--help")) await buildWebIfNeeded();
  } catch (error) {
    failBootstrap(error);
  }
  become(join(root, "cli/src/main.ts"), args);
}

await lockstep(process.argv.slice(2));
