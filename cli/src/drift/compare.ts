/** `lockstep drift compare`: how far two histograms are apart, and whether that is more than chance. */
import { parseArgs } from "node:util";
import { type AllDistances, allDistances } from "@lockstep/analysis/drift/all-distances";
import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import { nothingLearnt } from "@lockstep/analysis/drift/learn-noise";
import type { Cells } from "@lockstep/schemas/domain/observed";
import { messageOf } from "../analyze/trace-files.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import { readHistogram } from "./histogram-file.ts";

const help = `lockstep drift: whether data changed, by histograms alone

  compare BASELINE.json CURRENT.json   every distance between the two, and a verdict

Each file holds {"bounds": [..], "counts": [..]} with one bound more than counts (null or "-Inf", "Inf": an open end), or one
fewer (the outer cells are open); or {"categories": {"name": count, ...}}.

  --json                               all numbers, by name, for programs

Exit code 0: compared, also where one of them is empty, of which nothing can be said ("defined": false); 2: the command line
or a file is wrong.
`;

const flags = { json: { type: "boolean" }, help: { type: "boolean" } } as const;

export async function drift(argv: readonly string[], { cwd, print }: StartSurroundings): Promise<number> {
  const { values, positionals } = readArgs(argv);
  const [what, ...paths] = positionals;
  if (values.help || what === undefined) {
    print(help);
    return values.help ? 0 : 2;
  }
  if (what !== "compare") throw new StartError(`drift: unknown "${what}"\n\n${help}`, { exitCode: 2 });
  const [first, second, ...more] = paths;
  if (first === undefined || second === undefined || more.length > 0) {
    throw new StartError("drift compare: name two files, the baseline first", { exitCode: 2 });
  }
  const [baseline, current] = [readHistogram(first, cwd), readHistogram(second, cwd)];
  const distances = allDistances(baseline, current);
  if (distances === undefined) {
    throw new StartError(`drift compare: one of them has bounds and the other categories: they do not compare`, {
      exitCode: 2,
    });
  }
  if (values.json) print(JSON.stringify(distances, withoutInfinity, 2));
  else for (const line of text(baseline, current, distances)) print(line);
  return 0;
}

function readArgs(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (error) {
    throw new StartError(`drift: ${messageOf(error)}`, { exitCode: 2 });
  }
}

/** JSON has no infinity: "inf". */
function withoutInfinity(_: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  return value > 0 ? "inf" : value < 0 ? "-inf" : null;
}

function text(baseline: Cells, current: Cells, distances: AllDistances): string[] {
  const [judged] = judgeWindow([
    {
      kind: "input",
      feature: "the data",
      baseline,
      baselineMissing: 0,
      current,
      currentMissing: 0,
      noise: nothingLearnt,
    },
  ]);
  const figures = Object.entries(distances).filter(([, value]) => typeof value === "number");
  const width = Math.max(...figures.map(([name]) => name.length));
  return [
    judged?.reason ?? "",
    "",
    ...figures.map(([name, value]) => `  ${name.padEnd(width)}  ${Number(Number(value).toPrecision(6))}`),
  ];
}
