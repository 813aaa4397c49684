/** Runs the drift campaign from its options to the page that is kept. */
import { writeFile } from "node:fs/promises";
import { Progress } from "../straggler/progress.ts";
import { KeptParts } from "./kept-parts.ts";
import { type Outcome, partsOf, type Scale } from "./parts.ts";
import { reportOf } from "./report.ts";

export type Options = {
  /** Few draws of everything: whether it runs, not what is true. */
  readonly quick: boolean;
  /** Where outcomes are kept as they come, to go on from. */
  readonly keep: string | undefined;
  readonly out: string | undefined;
};

const whole: Scale = { seed: 1, pairs: 10_000, featureWindows: 2000, powerWindows: 5000 };
const quickly: Scale = { seed: 1, pairs: 40, featureWindows: 2, powerWindows: 20 };

export async function driftCampaign({ quick, keep, out }: Options): Promise<void> {
  const scale = quick ? quickly : whole;
  const kept = new KeptParts(keep, scale);
  const outcomes = new Map(kept.known.map((outcome) => [outcome.part, outcome]));
  const parts = partsOf();
  const progress = new Progress("parts", parts.length);
  progress.skip(outcomes.size);
  for (const part of parts) {
    if (outcomes.has(part.name)) continue;
    // As it is read from the file again, so that a campaign in pieces and one in a go give the same page.
    const outcome = JSON.parse(JSON.stringify(part.run(scale))) as Outcome;
    outcomes.set(part.name, outcome);
    kept.add(outcome);
    progress.add(1, part.name);
  }
  // Where it was kept is nothing to the page.
  const command = `npm run campaign -- drift${quick ? " --quick" : ""} --out ${out ?? "FILE"}`;
  const page = reportOf({ command, scale, outcomes: parts.map(({ name }) => outcomes.get(name)!) });
  process.stdout.write(page);
  if (out !== undefined) await writeFile(out, page);
}
