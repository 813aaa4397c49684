/** What becomes of a column: cells, categories, or nothing, and why. */

import { KEPT_NAMES } from "@lockstep/schemas/queries/import-bins";
import { FEW_VALUES, type ImportProfileRow } from "@lockstep/schemas/queries/import-profile";
import { boundsOfQuantiles, boundsOfValues, type Quantiles, scoreBounds } from "./cells.ts";
import type { Feature } from "./columns.ts";

export type FeaturePlan =
  | { readonly form: "numbers"; readonly bounds: readonly number[]; readonly why: string }
  /** Its quantiles have to be asked for. */
  | { readonly form: "quantiles" }
  | { readonly form: "categories"; readonly why: string }
  | { readonly form: "skipped"; readonly why: string }
  /** Numbers, but for some rows. */
  | {
      readonly form: "refused";
      readonly found: string;
      readonly file: number;
      readonly line: number;
      readonly expected: string;
    };

/** What can be acted on. */
export type CountedPlan = Extract<FeaturePlan, { form: "numbers" | "categories" | "skipped" }>;

/** What the feature has already: bounds, or none where it has categories. */
export type KnownCells = { readonly bounds: readonly number[] } | undefined;

/** Of so many rows an id has as many different values. */
const ID_LEAST_ROWS = 100;
const ID_SHARE = 0.98;
const TEXT_SHARE = 0.9;
/** With a larger share of numbers the others are taken for mistakes. */
const NUMBERS_SHARE = 0.9;

/** `own`: edges the person gave. */
export function planFeature(
  feature: Feature,
  profile: ImportProfileRow,
  rows: number,
  known: KnownCells,
  own: readonly number[] | undefined,
): FeaturePlan {
  const { missing, texts, distinct, integers, values, least } = profile;
  const present = rows - missing;
  const wantsNumbers = feature.kind === "score" || own !== undefined || (known?.bounds.length ?? 0) > 0;
  const isCategorical = known !== undefined && known.bounds.length === 0;
  if (wantsNumbers && texts > 0) return refused(profile, "a number, as this column is counted by cells");
  if (known !== undefined && known.bounds.length > 0)
    return { form: "numbers", bounds: known.bounds, why: "cells as before" };
  if (own !== undefined) return { form: "numbers", bounds: own, why: "cells as given" };
  if (feature.kind === "score") return { form: "numbers", bounds: scoreBounds(), why: "equal cells from 0 to 1" };
  if (isCategorical) return { form: "categories", why: "categories as before" };
  if (present === 0) return { form: "skipped", why: "it has no values" };
  if (!feature.named && present >= ID_LEAST_ROWS) {
    const isId = texts === 0 && integers === present && distinct >= ID_SHARE * present;
    const isText = texts > 0 && distinct >= TEXT_SHARE * present;
    if (isId || isText)
      return {
        form: "skipped",
        why: "nearly every row has a value of its own, as an id has; --feature takes it all the same",
      };
  }
  if (texts > 0) {
    if (present - texts > NUMBERS_SHARE * present) return refused(profile, "a number, as nearly all rows have");
    const many = distinct > KEPT_NAMES ? `: the ${KEPT_NAMES} most frequent, all others are one` : "";
    return { form: "categories", why: `categories, about ${Math.round(distinct)}${many}` };
  }
  if (values.length > 0)
    return { form: "numbers", bounds: boundsOfValues(values), why: `a cell for each of ${values.length} values` };
  if (distinct > FEW_VALUES || Number.isFinite(least)) return { form: "quantiles" };
  return { form: "skipped", why: "it has no finite values" };
}

export function quantilePlan(quantiles: Quantiles): CountedPlan {
  const bounds = boundsOfQuantiles(quantiles);
  const alone = quantiles.frequent.length === 0 ? "" : `, ${quantiles.frequent.length} of them of a single value`;
  return { form: "numbers", bounds, why: `${bounds.length - 3} cells of about the same number of rows${alone}` };
}

function refused({ firstText, textFile, textLine }: ImportProfileRow, expected: string): FeaturePlan {
  return { form: "refused", found: firstText, file: textFile, line: textLine, expected };
}
