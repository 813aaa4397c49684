/** A topology that people or schedulers write: {"ranks": [{"rank": 0, "node": "node-01", "gpu": "GPU-...", "process": "node-01/4711"}]}. */
import type { TopologyHints } from "./infer-topology.ts";

export class TopologyFileError extends Error {
  override readonly name = "TopologyFileError";
}

/** More ranks than any job has. */
const maxRanks = 1 << 20;

/** Throws TopologyFileError that names `file`, the place, what was found and what is expected. Unknown keys are left alone. */
export function readTopologyFile(file: string, json: unknown): NonNullable<TopologyHints["ranks"]> {
  const ranks = isObject(json) ? json["ranks"] : undefined;
  if (!Array.isArray(ranks)) throw wrong(file, "ranks", ranks, 'a list: {"ranks": [{"rank": 0, "node": "node-01"}]}');
  if (ranks.length > maxRanks) throw wrong(file, "ranks", `${ranks.length} entries`, `at most ${maxRanks}`);
  const seen = new Set<number>();
  return ranks.map((entry: unknown, index) => {
    const place = `ranks[${index}]`;
    if (!isObject(entry)) throw wrong(file, place, entry, "an object with rank");
    const { rank } = entry;
    if (typeof rank !== "number" || !Number.isInteger(rank) || rank < 0)
      throw wrong(file, `${place}.rank`, rank, "a whole number from 0");
    if (seen.has(rank)) throw wrong(file, `${place}.rank`, rank, "each rank once");
    seen.add(rank);
    const text = (key: string) => textIn(file, place, entry, key);
    return { rank, process: text("process"), node: text("node"), gpu: text("gpu") };
  });
}

function textIn(file: string, place: string, entry: Record<string, unknown>, key: string): string | undefined {
  const value = entry[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "") throw wrong(file, `${place}.${key}`, value, "a name, or leave it out");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(file: string, place: string, found: unknown, expected: string): TopologyFileError {
  const shown = found === undefined ? "nothing" : (JSON.stringify(found) ?? typeof found).slice(0, 80);
  return new TopologyFileError(`${file}, ${place}: found ${shown}, expected ${expected}`);
}
