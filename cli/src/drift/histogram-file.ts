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
const categories = z.strictObject({ categories: z.record(z.string(), count) });

/** Rejects with StartError: file, field, found, expected. */
export function readHistogram(path: string, cwd: string): Cells {
  const content = parse(path, resolve(cwd, path));
  if (typeof content === "object" && content !== null && "categories" in content) {
    const told = checked(categories, content, path);
    return { form: "categories", counts: new Map(Object.entries(told.categories)) };
  }
  const { bounds, counts } = checked(numeric, content, path);
  return { form: "explicit", bounds: edgesOf(bounds, counts.length, path), counts };
}

function parse(path: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new StartError(`${path}: ${messageOf(error)}`, { exitCode: 2 });
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, content: unknown, path: string): z.infer<Schema> {
  const told = schema.safeParse(content);
  if (told.success) return told.data;
  const [issue] = told.error.issues;
  const field = issue?.path.join(".") ?? "";
  const expected = 'expected {"bounds": [..], "counts": [..]} or {"categories": {"name": count}}';
  throw new StartError(`${path}: ${field === "" ? "" : `${field}: `}${issue?.message}; ${expected}`, { exitCode: 2 });
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
