/** Something wrong, or ignored, at a place of a file a person wrote. Line and column count from 1. */
export type ConfigProblem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As in `scrape_configs[0].static_configs[1].targets`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
};

/** One line: `prometheus.yml:6:3 scrape_configs[0].schema: unknown key "schema"; did you mean "scheme"?` */
export function formatProblem(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const head = problem.path === "" ? `${place}:` : `${place} ${problem.path}:`;
  const details = [
    problem.found === undefined ? undefined : `found ${problem.found}`,
    problem.expected === undefined ? undefined : `expected ${problem.expected}`,
  ].filter((detail) => detail !== undefined);
  return `${head} ${[problem.message, details.join(", ")].filter((part) => part !== "").join("; ")}`;
}

/** In the order of the file; problems of the first file stay first. */
export function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const order = new Map<string, number>();
  for (const { file } of problems) {
    order.set(file, order.get(file) ?? order.size);
  }
  const rank = (p: ConfigProblem) => order.get(p.file) ?? 0;
  return [...problems].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The path of `key` inside `parent`. */
export function childPath(parent: string, key: string | number): string {
  if (typeof key === "number") {
    return `${parent}[${key}]`;
  }
  if (!PLAIN_KEY.test(key)) {
    return `${parent}[${JSON.stringify(key.slice(0, 80))}]`;
  }
  return parent === "" ? key : `${parent}.${key}`;
}

/** Steps of one character inserted, removed, replaced or swapped with its neighbour. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforePrevious[j - 2]! + 1);
      }
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** The known word that `word` was most likely meant to be, if one is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 60) {
    return undefined;
  }
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) < bestDistance) {
      const distance = editDistance(word.toLowerCase().replaceAll("-", "_"), candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
  }
  return best;
}
