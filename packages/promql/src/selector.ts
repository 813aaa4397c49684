/**
 * The instant vector selector of PromQL:
 *
 *     selector = name [ braces ] | braces
 *     braces   = "{" [ item { "," item } [ "," ] ] "}"
 *     item     = label ( "=" | "!=" | "=~" | "!~" ) string | string     -- a lone string is the metric name
 *     label    = [a-zA-Z_][a-zA-Z0-9_]* | string
 */
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { type Matcher, type MatchOperator, matches, patternFault } from "./matcher.ts";
import { QueryError } from "./query-error.ts";
import { quoteString } from "./string-literal.ts";
import { describeToken, type TokenCursor, tokenCursor } from "./token-cursor.ts";

/** All must hold. The metric name is a matcher on `__name__`. */
export type Selector = { readonly matchers: readonly Matcher[] };

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Numbers and modifiers, which PromQL does not take for metric names; `bool`, `on` and the like in any case. */
const NOT_A_METRIC = /^(?:inf|nan|bool|on|ignoring|group_left|group_right)$/i;
const OPERATORS: ReadonlySet<string> = new Set(["=", "!=", "=~", "!~"]);
/** A selector of more would take longer to check than to answer. */
const MAX_MATCHERS = 100;

/** Reads `text` as one selector and nothing else. Throws QueryError `syntax`. */
export function parseSelector(text: string): Selector {
  const cursor = tokenCursor(text);
  const selector = readSelector(cursor);
  cursor.expectEnd("the end of the selector");
  return selector;
}

/** Reads the selector that begins here and leaves the cursor behind it. Throws QueryError `syntax`. */
export function readSelector(cursor: TokenCursor): Selector {
  const start = cursor.peek().start;
  const matchers: Matcher[] = [];
  if (cursor.peek().kind === "name") {
    const name = cursor.next();
    if (NOT_A_METRIC.test(name.text)) {
      throw new QueryError("syntax", `found ${describeToken(name)}, expected a metric name or {`, start);
    }
    matchers.push({ name: METRIC_NAME, op: "=", value: name.text });
    if (cursor.peek().text === "{" && cursor.peek().kind === "symbol") readBraces(cursor, matchers);
  } else {
    readBraces(cursor, matchers);
  }
  if (!matchers.some((matcher) => !matches(matcher, undefined))) {
    const reason = "a selector needs at least one matcher that an empty label does not fulfil";
    throw new QueryError("syntax", `${reason}, else it would select everything`, start);
  }
  return { matchers };
}

function readBraces(cursor: TokenCursor, matchers: Matcher[]): void {
  cursor.expect("{", "a metric name or {");
  let named = matchers.length > 0;
  while (!cursor.take("}")) {
    const at = cursor.peek().start;
    const item = readItem(cursor);
    if (matchers.length >= MAX_MATCHERS) {
      throw new QueryError("syntax", `found more than ${MAX_MATCHERS} matchers in one selector`, at);
    }
    // Once a name stands before or alone, any further word on __name__ would contradict or repeat it.
    const earlier = item.alone && matchers.some((matcher) => matcher.name === METRIC_NAME);
    if (earlier || (named && item.matcher.name === METRIC_NAME)) {
      throw new QueryError("syntax", "found a second metric name, expected only one", at);
    }
    named ||= item.alone;
    matchers.push(item.matcher);
    if (!cursor.take(",")) {
      cursor.expect("}", "a comma or }");
      return;
    }
  }
}

function readItem(cursor: TokenCursor): { matcher: Matcher; alone: boolean } {
  const label = cursor.next();
  const isName = label.kind === "name" && LABEL.test(label.text);
  if (!isName && (label.kind !== "string" || label.text === "")) {
    throw new QueryError(
      "syntax",
      `found ${describeToken(label)}, expected a label name or a quoted name`,
      label.start,
    );
  }
  const next = cursor.peek();
  if (label.kind === "string" && next.kind === "symbol" && (next.text === "," || next.text === "}")) {
    return { matcher: { name: METRIC_NAME, op: "=", value: label.text }, alone: true };
  }
  if (next.kind !== "symbol" || !OPERATORS.has(next.text)) {
    throw new QueryError("syntax", `found ${describeToken(next)}, expected = != =~ or !~`, next.start);
  }
  const op = cursor.next().text as MatchOperator;
  const value = cursor.next();
  if (value.kind !== "string") {
    throw new QueryError("syntax", `found ${describeToken(value)}, expected a quoted label value`, value.start);
  }
  const matcher: Matcher = { name: label.text, op, value: value.text };
  const fault = patternFault(matcher);
  if (fault !== undefined) throw new QueryError("syntax", `bad regular expression: ${fault}`, value.start);
  return { matcher, alone: false };
}

/** The selector in PromQL; `parseSelector` reads the same matchers back, in the same order. */
export function printSelector(selector: Selector): string {
  const [first, ...rest] = selector.matchers;
  const named = first !== undefined && first.name === METRIC_NAME && first.op === "=" && METRIC.test(first.value);
  if (!named || NOT_A_METRIC.test(first.value) || rest.some((matcher) => matcher.name === METRIC_NAME)) {
    return `{${selector.matchers.map(printMatcher).join(",")}}`;
  }
  return rest.length === 0 ? first.value : `${first.value}{${rest.map(printMatcher).join(",")}}`;
}

function printMatcher(matcher: Matcher): string {
  const name = LABEL.test(matcher.name) ? matcher.name : quoteString(matcher.name);
  return `${name}${matcher.op}${quoteString(matcher.value)}`;
}
