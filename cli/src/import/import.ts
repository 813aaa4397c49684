/** `lockstep import`: which of its forms. */
import { usage } from "../run/deployment.ts";
import type { StartSurroundings } from "../start/start.ts";
import { importHelp } from "./arguments.ts";
import { importLabels } from "./labels.ts";
import { importObservations } from "./observations.ts";

/** Resolves with the exit code. Throws StartError. */
export async function importFiles(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const [what, ...args] = argv;
  if (what === "observations") return importObservations(args, surroundings);
  if (what === "labels") return importLabels(args, surroundings);
  if (what === "--help" || what === "-h") {
    surroundings.print(importHelp);
    return 0;
  }
  throw usage(
    `lockstep import: found ${what ?? "nothing"}, expected \`observations\` or \`labels\`; --help names the options`,
  );
}
