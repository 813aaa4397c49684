/** Supervises one child until it is killed: for the test that the child then ends by itself. */
import { join } from "node:path";
import { Child } from "../child.ts";
import { LogFile } from "../log-file.ts";

const folder = process.argv[2]!;
const child = new Child(
  {
    name: "child",
    script: join(import.meta.dirname, "child.ts"),
    args: [],
    env: { ...process.env, MODE: process.argv[3] },
    cwd: folder,
    isReady: undefined,
    killAfterMs: 1_000,
  },
  { log: new LogFile(join(folder, "child.log")), print: () => undefined, onFatal: () => undefined, now: Date.now },
);
await child.start();
process.stdout.write(`child ${child.pid}\n`);
