/** sort and its kin. Order is part of the result of an instant query only. */
import { compareLabels, compareText, type Labels, labelValue } from "../labels.ts";
import type { Column } from "../value.ts";

/** NaN comes last either way. */
export function sortByValue(columns: readonly Column[], descending: boolean): Column[] {
  return [...columns].sort((a, b) => {
    const [x, y] = [a.values[0]!, b.values[0]!];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return descending ? y - x : x - y;
  });
}

/** By labels one after the other, numbers within them by their value; then by all labels. */
export function sortByLabels(columns: readonly Column[], names: readonly string[], descending: boolean): Column[] {
  const direction = descending ? -1 : 1;
  const order = (a: Labels, b: Labels) => {
    for (const name of names) {
      const [x, y] = [labelValue(a, name), labelValue(b, name)];
      if (x !== y) return direction * compareNatural(x, y);
    }
    return direction * compareLabels(a, b);
  };
  return [...columns].sort((a, b) => order(a.labels, b.labels));
}

function compareNatural(a: string, b: string): number {
  const [left, right] = [chunks(a), chunks(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x === y) continue;
    const bothNumbers = /^\d/.test(x) && /^\d/.test(y);
    return bothNumbers && Number(x) !== Number(y) ? Number(x) - Number(y) : compareText(x, y);
  }
  return left.length - right.length || compareText(a, b);
}

function chunks(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}
