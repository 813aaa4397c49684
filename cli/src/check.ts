/** `lockstep check FILE`: says what is wrong with a configuration, with file, line and column. */
import { resolve } from "node:path";
import { check as checkFile } from "@lockstep/config/check";
import type { StartSurroundings } from "./start/start.ts";

/** Resolves with the exit code: 0 the file is right, 1 it is not, 2 the command line is not. */
export async function check(args: readonly string[], { cwd, print }: StartSurroundings): Promise<number> {
  const [file, ...rest] = args;
  if (file === undefined || rest.length > 0 || file.startsWith("-")) {
    print("lockstep check: expected one file, as in `lockstep check prometheus.yml`");
    return 2;
  }
  const { exitCode, lines } = await checkFile(cwd === process.cwd() ? file : resolve(cwd, file));
  for (const line of lines) print(line);
  return exitCode;
}
