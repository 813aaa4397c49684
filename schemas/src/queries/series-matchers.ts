/** SQL of label matchers on table `series`. Label names, values and patterns are parameters, never text of the SQL. */
import { METRIC_NAME } from "../domain/labels.ts";

/** A condition on one label; a series without the label has it as "". Patterns are RE2, matched against the whole value. */
export type SeriesMatcher = {
  readonly name: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
};

/** A selector: all of these must hold. */
export type SeriesSelector = readonly SeriesMatcher[];

export type Condition = { readonly sql: string; readonly params: Readonly<Record<string, string>> };

/** SQL that is true for a row of `series` that at least one selector selects; with no selector, for every row. */
export function seriesCondition(selectors: readonly SeriesSelector[]): Condition {
  const params: Record<string, string> = {};
  const bind = (prefix: string, value: string): string => {
    const name = `${prefix}${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:String}`;
  };
  const alternatives = selectors.map((selector) => {
    const parts = selector.map(({ name, op, value }) => {
      const label = name === METRIC_NAME ? "metric" : `labels[${bind("label", name)}]`;
      if (op === "=" || op === "!=") return `${label} ${op} ${bind("value", value)}`;
      const found = `match(${label}, ${bind("pattern", `^(?s:${value})$`)})`;
      return op === "=~" ? found : `NOT ${found}`;
    });
    return parts.join(" AND ");
  });
  if (alternatives.length === 0) return { sql: "true", params };
  if (alternatives.length === 1) return { sql: alternatives[0]!, params };
  return { sql: `(${alternatives.map((alternative) => `(${alternative})`).join(" OR ")})`, params };
}
