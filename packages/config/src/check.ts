import { basename } from "node:path";
import { loadConfig } from "./load.ts";
import { type ConfigProblem, formatProblem } from "./problem.ts";

/** What a person needs to correct a file; more than this many lines, nobody reads. */
const MAX_LINES = 200;

/** The command `lockstep check FILE`: the lines to print, the summary last. */
export async function check(path: string): Promise<{ exitCode: 0 | 1; lines: string[] }> {
  const result = await loadConfig(path, { tryTargets: true });
  const name = basename(path);
  if (!result.ok) {
    const summary = `${name} is not valid: ${plural(result.errors.length, "error")}`;
    return { exitCode: 1, lines: [...listed(result.errors, "error"), summary] };
  }
  const { warnings } = result;
  const { scrapeConfigs } = result.config;
  const targets = scrapeConfigs.flatMap((scrape) => scrape.staticConfigs).reduce((n, g) => n + g.targets.length, 0);
  const parts = [
    plural(scrapeConfigs.length, "scrape config"),
    plural(targets, "static target"),
    plural(warnings.length, "warning"),
  ];
  return { exitCode: 0, lines: [...listed(warnings, "warning"), `${name} is valid: ${parts.join(", ")}`] };
}

function listed(problems: readonly ConfigProblem[], kind: string): string[] {
  const lines = problems.slice(0, MAX_LINES).map((problem) => `${kind}: ${formatProblem(problem)}`);
  const more = problems.length - lines.length;
  return more > 0 ? [...lines, `... and ${plural(more, `more ${kind}`)}`] : lines;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
