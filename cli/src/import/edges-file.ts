/** `--bins FILE`: edges of columns, by name. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { messageOf } from "../analyze/trace-files.ts";
import { StartError } from "../start/start-error.ts";

const edgesFile = z.record(z.string(), z.array(z.number()).min(2).max(1001));

/** Each with open cells on either side. Throws StartError: file, column, found, expected. */
export function readEdges(path: string, cwd: string): ReadonlyMap<string, readonly number[]> {
  const wrong = (message: string) => new StartError(`${path}: ${message}`, { exitCode: 2 });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(resolve(cwd, path), "utf8"));
  } catch (error) {
    throw wrong(messageOf(error));
  }
  const told = edgesFile.safeParse(content);
  if (!told.success) {
    const [issue] = told.error.issues;
    throw wrong(`${issue?.path.join(".")}: ${issue?.message}; expected {"column": [edge, edge, ...]}`);
  }
  for (const [column, edges] of Object.entries(told.data)) {
    const at = edges.findIndex((edge, i) => i > 0 && edge <= edges[i - 1]!);
    if (at > 0) throw wrong(`${column}: found ${edges[at]} after ${edges[at - 1]}, expected ascending edges`);
  }
  return new Map(Object.entries(told.data).map(([column, edges]) => [column, [-Infinity, ...edges, Infinity]]));
}
