import { RE2JS, RE2JSException } from "re2js";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** A condition on one label; a series without the label has it as "". */
export type Matcher = { readonly name: string; readonly op: MatchOperator; readonly value: string };

/** As Prometheus 3 anchors: the whole value, and the dot matches line ends too. */
export function anchored(pattern: string): string {
  return `^(?s:${pattern})$`;
}

/** What is wrong with a matcher's pattern as RE2; undefined where nothing is. */
export function patternFault(matcher: Matcher): string | undefined {
  if (matcher.op === "=" || matcher.op === "!=") return undefined;
  try {
    RE2JS.compile(anchored(matcher.value));
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}

/** `value` undefined stands for a label that is not there. Throws RE2JSException where `patternFault` finds a fault. */
export function matches(matcher: Matcher, value: string | undefined): boolean {
  const text = value ?? "";
  if (matcher.op === "=") return text === matcher.value;
  if (matcher.op === "!=") return text !== matcher.value;
  return RE2JS.compile(anchored(matcher.value)).matches(text) === (matcher.op === "=~");
}

/** As `matches`, with the pattern compiled once. "" stands for a label that is not there. */
export function compiledMatcher(matcher: Matcher): (value: string) => boolean {
  const { op, value: wanted } = matcher;
  if (op === "=") return (value) => value === wanted;
  if (op === "!=") return (value) => value !== wanted;
  const pattern = RE2JS.compile(anchored(wanted));
  const known = new Map<string, boolean>();
  return (value) => {
    let fits = known.get(value);
    if (fits === undefined) {
      fits = pattern.matches(value) === (op === "=~");
      known.set(value, fits);
    }
    return fits;
  };
}
