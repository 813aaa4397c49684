/** One feature of a post: cells of a number, categories, or a score with the labels that are known of it. */
import { type Cells, type LabelledCells, OBSERVED_KINDS, type ObservedKind } from "@lockstep/schemas/domain/observed";
import { capCategories } from "./cap-categories.ts";
import {
  arrayOf,
  countOf,
  type Fields,
  fieldsOf,
  finiteOf,
  isCount,
  misfit,
  refuse,
  shownJson,
  textOf,
} from "./posted-fields.ts";

export type PostedCells = {
  readonly feature: string;
  readonly kind: ObservedKind;
  readonly cells: Cells;
  readonly missing: number;
  readonly sum: number | undefined;
  readonly labelled: LabelledCells | undefined;
  readonly late: boolean;
  readonly capped: { readonly categories: number; readonly kept: number } | undefined;
};

const KEYS = ["feature", "kind", "bounds", "counts", "categories", "missing", "sum", "labels", "score_sums"];
const MAX_CELLS = 10_000;
const MAX_TEXT = 1_024;

export function readFeature(value: unknown, path: string): PostedCells {
  const fields = fieldsOf(value, path, KEYS);
  const feature = textOf(fields["feature"], `${path}.feature`, MAX_TEXT);
  const kind = kindOf(fields["kind"], `${path}.kind`);
  const counted = {
    feature,
    kind,
    missing: fields["missing"] === undefined ? 0 : countOf(fields["missing"], `${path}.missing`),
    sum: fields["sum"] === undefined ? undefined : finiteOf(fields["sum"], `${path}.sum`),
  };
  if (fields["categories"] !== undefined) return { ...counted, ...categoriesOf(fields, path) };
  return { ...counted, ...numbersOf(fields, kind, path) };
}

function kindOf(value: unknown, path: string): ObservedKind {
  if (value === undefined) return "input";
  return OBSERVED_KINDS.find((kind) => kind === value) ?? refuse(path, value, `one of ${OBSERVED_KINDS.join(", ")}`);
}

function categoriesOf(fields: Fields, path: string): Pick<PostedCells, "cells" | "labelled" | "late" | "capped"> {
  for (const name of ["bounds", "counts", "labels", "score_sums"]) {
    if (fields[name] !== undefined) refuse(`${path}.${name}`, fields[name], "nothing beside categories");
  }
  const value = fields["categories"];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(`${path}.categories`, value, "an object of counts");
  }
  const counts = new Map<string, number>();
  // Of a million: entries would take three times as long as keys, and a path for each longer than everything else.
  for (const category of Object.keys(value)) {
    const count = (value as Fields)[category];
    counts.set(category, isCount(count) ? count : countOf(count, `${path}.categories[${shownJson(category)}]`));
  }
  const { kept, capped } = capCategories(counts, MAX_TEXT);
  return { cells: { form: "categories", counts: kept }, labelled: undefined, late: false, capped };
}

function numbersOf(
  fields: Fields,
  kind: ObservedKind,
  path: string,
): Pick<PostedCells, "cells" | "labelled" | "late" | "capped"> {
  const { labels, score_sums: sums } = fields;
  const late = fields["counts"] === undefined && labels !== undefined;
  if (fields["bounds"] === undefined && !late) {
    return refuse(`${path}.bounds`, undefined, "bounds and counts, or categories");
  }
  if (labels !== undefined && kind !== "score") {
    refuse(`${path}.labels`, labels, `labels with kind score only, and this is of kind ${kind}`);
  }
  if (labels === undefined && sums !== undefined) refuse(`${path}.score_sums`, sums, "score_sums beside labels only");
  const told = labels === undefined ? undefined : labelsOf(labels, `${path}.labels`);
  const counts = late
    ? told!.ones.map(() => 0)
    : arrayOf(fields["counts"], `${path}.counts`, MAX_CELLS).map((each, i) => countOf(each, `${path}.counts[${i}]`));
  const [of, where] = late ? ["labels of class 1", `${path}.labels["1"]`] : ["counts", `${path}.counts`];
  const bounds = boundsOf(fields["bounds"], counts.length, { of, where, path: `${path}.bounds` });
  const labelled = told && labelledOf(told, { bounds, counts: late ? undefined : counts, sums, path });
  return { cells: { form: "explicit", bounds, counts }, labelled, late, capped: undefined };
}

/** Edges, one more than there are cells: where one fewer are told, the outer cells are open. */
function boundsOf(value: unknown, cells: number, at: { of: string; where: string; path: string }): readonly number[] {
  const bounds = arrayOf(value, at.path, MAX_CELLS + 1).map((each, i) => finiteOf(each, `${at.path}[${i}]`));
  for (const [i, bound] of bounds.entries()) {
    if (i > 0 && !(bound > bounds[i - 1]!))
      refuse(`${at.path}[${i}]`, bound, `more than ${bounds[i - 1]}, the bound before`);
  }
  if (cells > 0 && bounds.length === cells + 1) return bounds;
  if (cells > 0 && bounds.length === cells - 1) return [-Infinity, ...bounds, Infinity];
  const expected = `${Math.max(1, bounds.length - 1)} (between the bounds) or ${bounds.length + 1} (outer cells open)`;
  return misfit(at.where, `${cells} ${at.of} for ${bounds.length} bounds`, expected);
}

type ByClass = { readonly zeros: readonly number[]; readonly ones: readonly number[] };

function labelsOf(value: unknown, path: string): ByClass {
  const fields = fieldsOf(value, path, ["0", "1"]);
  const [zeros, ones] = ["0", "1"].map((label) =>
    arrayOf(fields[label], `${path}["${label}"]`, MAX_CELLS).map((each, i) =>
      countOf(each, `${path}["${label}"][${i}]`),
    ),
  );
  if (zeros!.length !== ones!.length) {
    misfit(`${path}["1"]`, `${ones!.length} cells`, `${zeros!.length}, as many as class 0 has`);
  }
  return { zeros: zeros!, ones: ones! };
}

function labelledOf(
  { zeros, ones }: ByClass,
  of: { bounds: readonly number[]; counts: readonly number[] | undefined; sums: unknown; path: string },
): LabelledCells {
  const { bounds, counts, sums, path } = of;
  const labelled = zeros.map((zero, i) => zero + ones[i]!);
  if (counts !== undefined) {
    if (labelled.length !== counts.length) {
      misfit(`${path}.labels`, `${labelled.length} cells`, `${counts.length}, as many as counts has`);
    }
    const more = labelled.findIndex((rows, i) => rows > counts[i]!);
    if (more !== -1)
      misfit(`${path}.labels`, `${labelled[more]} labels in cell ${more}`, `at most ${counts[more]}, its count`);
  }
  if (sums === undefined) return { labelled, positives: ones, scoreSums: midpointSums(bounds, labelled, path) };
  const scoreSums = arrayOf(sums, `${path}.score_sums`, MAX_CELLS).map((each, i) =>
    finiteOf(each, `${path}.score_sums[${i}]`),
  );
  if (scoreSums.length !== labelled.length) {
    misfit(`${path}.score_sums`, `${scoreSums.length} cells`, `${labelled.length}, as many as labels has`);
  }
  return { labelled, positives: ones, scoreSums };
}

/** Off by half a cell at the most. */
function midpointSums(bounds: readonly number[], labelled: readonly number[], path: string): readonly number[] {
  return labelled.map((rows, i) => {
    if (rows === 0) return 0;
    const middle = (bounds[i]! + bounds[i + 1]!) / 2;
    if (Number.isFinite(middle)) return rows * middle;
    return refuse(`${path}.score_sums`, undefined, "them where an open cell has labels; it has no middle");
  });
}
