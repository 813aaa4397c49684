/** label_replace and label_join, which look at labels alone. */
import { RE2JS, RE2JSException } from "re2js";
import { anchored } from "../../matcher.ts";
import { EvaluationError } from "../errors.ts";
import { labelValue, withLabel } from "../labels.ts";
import { type Column, mergeSameLabels } from "../value.ts";

const NAME = "__name__";

function requireLabelName(name: string, role: string, caller: string): void {
  if (name === "" || !name.isWellFormed()) {
    throw new EvaluationError(`invalid ${role} label name in ${caller}(): ${name}`);
  }
}

export type LabelReplacement = {
  readonly target: string;
  readonly replacement: string;
  readonly source: string;
  readonly pattern: string;
};

/** Throws EvaluationError for a bad pattern or label name, and where two series become the same. */
export function labelReplace(columns: readonly Column[], rule: LabelReplacement): readonly Column[] {
  const regex = compile(rule.pattern);
  requireLabelName(rule.target, "destination", "label_replace");
  const replaced = columns.map((column) => {
    const matcher = regex.matcher(labelValue(column.labels, rule.source));
    if (!matcher.find()) return column;
    const value = expand(rule.replacement, (group) => {
      if (/^\d+$/.test(group)) {
        const index = Number(group);
        return index <= matcher.groupCount() ? (matcher.group(index) ?? "") : "";
      }
      return group in regex.namedGroups() ? (matcher.group(group) ?? "") : "";
    });
    return changed(column, rule.target, value);
  });
  return mergeSameLabels(replaced);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(anchored(pattern));
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`);
  }
}

/** Go's templates: `$1`, `$name` with the longest name that fits, `${1}`, `$$`. Any other dollar stands for itself. */
function expand(template: string, group: (name: string) => string): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (_, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    return name === undefined ? "$" : group(name);
  });
}

function changed(column: Column, target: string, value: string): Column {
  const dropName = target === NAME ? false : column.dropName;
  return { ...column, labels: withLabel(column.labels, target, value), dropName };
}

/** Throws EvaluationError for a bad label name, and where two series become the same. */
export function labelJoin(
  columns: readonly Column[],
  target: string,
  separator: string,
  sources: readonly string[],
): readonly Column[] {
  for (const source of sources) requireLabelName(source, "source", "label_join");
  requireLabelName(target, "destination", "label_join");
  const joined = columns.map((column) =>
    changed(column, target, sources.map((source) => labelValue(column.labels, source)).join(separator)),
  );
  return mergeSameLabels(joined);
}
