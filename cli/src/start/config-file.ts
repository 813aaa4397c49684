/** The configuration as far as a start needs it: is it right, and what does its `lockstep:` key say. */
import type { LockstepSection } from "@lockstep/config/config";
import { loadConfig } from "@lockstep/config/load";
import { formatProblem } from "@lockstep/config/problem";
import { EXIT_CONFIGURATION } from "@lockstep/process/exit-code";
import { StartError } from "./start-error.ts";

/** Throws StartError with every problem of the file, one a line. */
export async function readSection(path: string): Promise<LockstepSection> {
  const loaded = await loadConfig(path);
  if (loaded.ok) return loaded.config.lockstep;
  throw new StartError(loaded.errors.map(formatProblem).join("\n"), { exitCode: EXIT_CONFIGURATION });
}
