/** Label sets as the engine handles them: sorted, flat, with one string that identifies them. */
import type { Labels as LabelMap } from "@lockstep/schemas/domain/labels";
import { quoted } from "../parse/string.ts";

export type Labels = {
  /** name, value, name, value ...; sorted by name, no empty values. */
  readonly pairs: readonly string[];
  /** Equal for equal label sets, different for different ones. */
  readonly key: string;
};

const NAME = "__name__";
/** What a function's result loses: the name, and the type and unit that belong to the name. */
const METADATA: ReadonlySet<string> = new Set([NAME, "__type__", "__unit__"]);
/** No label holds a lone surrogate first, so that joined pairs cannot be mistaken for others. */
const SEPARATOR = "\ud800";

/** `pairs` must be sorted by name and free of empty values. */
export function fromSortedPairs(pairs: readonly string[]): Labels {
  return { pairs, key: pairs.join(SEPARATOR) };
}

export const NO_LABELS: Labels = fromSortedPairs([]);

export function fromEntries(entries: Iterable<readonly [string, string]>): Labels {
  const sorted = [...entries].filter(([, value]) => value !== "").sort(([a], [b]) => compareText(a, b));
  return fromSortedPairs(sorted.flat());
}

export function fromMap(labels: LabelMap): Labels {
  return fromEntries(labels);
}

export function toMap(labels: Labels): Map<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i < labels.pairs.length; i += 2) map.set(labels.pairs[i]!, labels.pairs[i + 1]!);
  return map;
}

/** "" where the label is not there. */
export function labelValue(labels: Labels, name: string): string {
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1]!;
  return "";
}

export function metricName(labels: Labels): string {
  return labelValue(labels, NAME);
}

function filtered(labels: Labels, keep: (name: string) => boolean): Labels {
  const kept: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    if (keep(labels.pairs[i]!)) kept.push(labels.pairs[i]!, labels.pairs[i + 1]!);
  }
  return kept.length === labels.pairs.length ? labels : fromSortedPairs(kept);
}

export function withoutName(labels: Labels): Labels {
  return filtered(labels, (name) => !METADATA.has(name));
}

export function without(labels: Labels, names: ReadonlySet<string>): Labels {
  return filtered(labels, (name) => !names.has(name));
}

export function only(labels: Labels, names: ReadonlySet<string>): Labels {
  return filtered(labels, (name) => names.has(name));
}

/** With one label changed; an empty value takes it away. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const map = toMap(labels);
  map.set(name, value);
  return fromEntries(map);
}

/** By bytes of UTF-8, as Go compares strings: JavaScript's order but for surrogates. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codePointOrder(x) - codePointOrder(y);
  }
  return a.length - b.length;
}

function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Name by name and value by value; the shorter first where all of it is shared. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.pairs.length, b.pairs.length);
  for (let i = 0; i < length; i++) {
    const order = compareText(a.pairs[i]!, b.pairs[i]!);
    if (order !== 0) return order;
  }
  return a.pairs.length - b.pairs.length;
}

/** As Prometheus shows a label set in messages: `{__name__="up", job="dcgm"}`. */
export function printLabels(labels: Labels): string {
  const shown: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    const name = labels.pairs[i]!;
    shown.push(`${/^[a-zA-Z_]\w*$/.test(name) ? name : quoted(name)}=${quoted(labels.pairs[i + 1]!)}`);
  }
  return `{${shown.join(", ")}}`;
}
