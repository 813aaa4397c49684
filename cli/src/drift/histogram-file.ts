/** A histogram in a file: `{bounds, counts}` or `{categories}`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Cells } from "@lockstep/schemas/domain/observed";
import { z } from "zod";
import { messageOf } from "../analyze/trace-files.ts";
import { StartError } from "../start/start-error.ts";

const MAX_CELLS = 1_000_000;

const count = z.number().min(0);
/** JSON has no infinity. */
const edge = z.union([
  z.number(),
  z.enum(["-Inf", "-inf", "-Infinity"]).transform(() => Number.NEGATIVE_INFINITY),
  z.enum(["Inf", "+Inf", "inf", "+inf", "Infinity", "+Infinity"]).transform(() => Number.POSITIVE_INFINITY),
]);
const numeric = z.strictObject({
  bounds: z.array(edge.nullable()).max(MAX_CELLS + 1),
  counts: z.array(count).min(1).max(MAX_CELLS),
});
/** Rejects with StartError: file, field, found, expected. */
export function readHistogram(path: string, cwd: string): Cells {
  const content = parse(path, resolve(cwd, path));
  if (typeof content === "object" && content !== null && "categories" in content) {
    return { form: "categories", counts: categoriesOf(content, path) };
  }
  const { bounds, counts } = checked(numeric, content, path);
  return { form: "explicit", bounds: edgesOf(bounds, counts.length, path), counts };
}

function parse(path: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new StartError(`${path}: cannot be read: ${messageOf(error)}`, { exitCode: 2 });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartError(`${path}: no JSON: ${messageOf(error)}; expected ${shapes}`, { exitCode: 2 });
  }
}

const shapes = '{"bounds": [..], "counts": [..]} or {"categories": {"name": count}}';

/** By hand, since a category may have any name, such as "__proto__", which records of a schema leave out. */
function categoriesOf(content: object, path: string): Map<string, number> {
  const { categories, ...more } = content as { categories: unknown };
  const [other] = Object.keys(more);
  if (other !== undefined) throw new StartError(`${path}: ${other}: not known; expected ${shapes}`, { exitCode: 2 });
  if (typeof categories !== "object" || categories === null || Array.isArray(categories)) {
    throw new StartError(`${path}: categories: found ${shown(categories)}; expected ${shapes}`, { exitCode: 2 });
  }
  const counts = new Map(Object.entries(categories as Record<string, unknown>));
  for (const [name, told] of counts) {
    if (count.safeParse(told).success) continue;
    const found = `${path}: categories.${name}: found ${shown(told)}`;
    throw new StartError(`${found}, expected a count of 0 or more`, { exitCode: 2 });
  }
  return counts as Map<string, number>;
}

function checked<Schema extends z.ZodType>(schema: Schema, content: unknown, path: string): z.infer<Schema> {
  const told = schema.safeParse(content);
  if (told.success) return told.data;
  const [issue] = told.error.issues;
  const field = issue?.path.join(".") ?? "";
  if (field === "") throw new StartError(`${path}: ${issue?.message}; expected ${shapes}`, { exitCode: 2 });
  const found = issue?.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    content,
  );
  throw new StartError(`${path}: ${field}: found ${shown(found)}: ${issue?.message}; expected ${shapes}`, {
    exitCode: 2,
  });
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** One edge more than counts, or one fewer: then the outer cells are open. null stands for an open end. */
function edgesOf(bounds: readonly (number | null)[], cells: number, path: string): number[] {
  const wrong = (message: string) => new StartError(`${path}: bounds: ${message}`, { exitCode: 2 });
  const open = bounds.length === cells - 1;
  if (!open && bounds.length !== cells + 1) {
    throw wrong(`found ${bounds.length} of them and ${cells} counts, expected one more than counts, or one fewer`);
  }
  const told = open ? [null, ...bounds, null] : bounds;
  const edges = told.map((bound, i) => {
    if (bound !== null) return bound;
    if (i === 0) return Number.NEGATIVE_INFINITY;
    if (i === told.length - 1) return Number.POSITIVE_INFINITY;
    throw wrong(`found null at ${i}, expected a number: only the ends are open`);
  });
  const at = edges.findIndex((bound, i) => i > 0 && !(bound > edges[i - 1]!));
  if (at > 0) throw wrong(`found ${edges[at]} after ${edges[at - 1]}, expected ascending bounds`);
  return edges;
}
