/** An expression back as text: on one line, or broken into lines as Prometheus formats a query. */
import { formatG } from "../format-number.ts";
import type { Matcher } from "../matcher.ts";
import type { Aggregation, At, Binary, Expression, NumberLiteral, Subquery, VectorSelector } from "./ast.ts";
import { quoted } from "./string.ts";

/** Prometheus's line length; what is longer is broken into its parts. */
const LINE = 100;

const UNITS: readonly (readonly [string, number, boolean])[] = [
  // Years and weeks only where nothing remains: 90d reads better than 12w6d.
  ["y", 365 * 86_400_000, true],
  ["w", 7 * 86_400_000, true],
  ["d", 86_400_000, false],
  ["h", 3_600_000, false],
  ["m", 60_000, false],
  ["s", 1000, false],
  ["ms", 1, false],
];

export function printDuration(ms: number): string {
  let [rest, text] = [Math.abs(ms), ms < 0 ? "-" : ""];
  if (rest === 0) return "0s";
  for (const [unit, size, exact] of UNITS) {
    if (exact && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}

/** On one line; reads back as the same expression. */
export function printExpression(node: Expression): string {
  switch (node.kind) {
    case "number":
      return printNumber(node);
    case "string":
      return quoted(node.value);
    case "selector":
      return `${printSelector(node)}${printModifiers(node)}`;
    case "matrix":
      return `${printSelector(node.selector)}[${printDuration(node.rangeMs)}]${printModifiers(node.selector)}`;
    case "subquery":
      return `${printExpression(node.inner)}${subquerySuffix(node)}`;
    case "call":
      return `${node.signature.name}(${node.args.map(printExpression).join(", ")})`;
    case "aggregation": {
      const param = node.param === undefined ? "" : `${printExpression(node.param)}, `;
      return `${aggregationHead(node)}(${param}${printExpression(node.inner)})`;
    }
    case "binary":
      return `${printExpression(node.left)} ${binaryHead(node)} ${printExpression(node.right)}`;
    case "unary":
      return `${node.op}${printExpression(node.inner)}`;
    case "paren":
      return `(${printExpression(node.inner)})`;
  }
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  // Without its sign: `+Inf ^ 2` would read back as the sign of a power.
  if (value === Number.POSITIVE_INFINITY) return "Inf";
  return isDuration ? printDuration(value * 1000) : formatG(value);
}

/** As Prometheus's format_query. */
export function formatExpression(node: Expression, level = 0): string {
  const indent = "  ".repeat(level);
  const line = printExpression(node);
  if (node.kind === "unary") return `${indent}${node.op}${formatExpression(node.inner, level).trim()}`;
  if (line.length <= LINE) return `${indent}${line}`;
  switch (node.kind) {
    case "aggregation": {
      const args = node.param === undefined ? [node.inner] : [node.param, node.inner];
      return `${indent}${aggregationHead(node)}(\n${formatAll(args, level + 1)}\n${indent})`;
    }
    case "call":
      return `${indent}${node.signature.name}(\n${formatAll(node.args, level + 1)}\n${indent})`;
    case "paren":
      return `${indent}(\n${formatExpression(node.inner, level + 1)}\n${indent})`;
    case "binary": {
      const [left, right] = [formatExpression(node.left, level + 1), formatExpression(node.right, level + 1)];
      return `${left}\n${indent}${binaryHead(node)}\n${right}`;
    }
    case "subquery":
      return `${formatExpression(node.inner, level)}${subquerySuffix(node)}`;
    default:
      return `${indent}${line}`;
  }
}

function formatAll(nodes: readonly Expression[], level: number): string {
  return nodes.map((node) => formatExpression(node, level)).join(",\n");
}

export function printLabelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoted(name);
}

function printLabelNames(names: readonly string[]): string {
  return names.map(printLabelName).join(", ");
}

function aggregationHead({ op, grouping, without }: Aggregation): string {
  if (without) return `${op} without (${printLabelNames(grouping)}) `;
  return grouping.length > 0 ? `${op} by (${printLabelNames(grouping)}) ` : op;
}

function binaryHead({ op, bool, matching }: Binary): string {
  const grouped = matching.cardinality === "many-to-one" || matching.cardinality === "one-to-many";
  let head = bool ? `${op} bool` : op;
  if (matching.on || matching.labels.length > 0 || grouped) {
    head += ` ${matching.on ? "on" : "ignoring"} (${printLabelNames(matching.labels)})`;
  }
  if (!grouped) return head;
  const side = matching.cardinality === "many-to-one" ? "left" : "right";
  return `${head} group_${side} (${printLabelNames(matching.include)})`;
}

function subquerySuffix(node: Subquery): string {
  const step = node.stepMs === undefined ? "" : printDuration(node.stepMs);
  return `[${printDuration(node.rangeMs)}:${step}]${printModifiers(node)}`;
}

function printModifiers({ at, offsetMs }: { at: At | undefined; offsetMs: number }): string {
  const offset = offsetMs === 0 ? "" : ` offset ${printDuration(offsetMs)}`;
  return `${at === undefined ? "" : ` @ ${printAt(at)}`}${offset}`;
}

function printAt(at: At): string {
  return at.kind === "time" ? (at.ms / 1000).toFixed(3) : `${at.kind}()`;
}

function printSelector({ name, matchers }: VectorSelector): string {
  // The matcher of a name before the braces comes last.
  const shown = name === undefined ? matchers : matchers.slice(0, -1);
  if (shown.length === 0 && name !== undefined) return name;
  return `${name ?? ""}{${shown.map(printMatcher).join(",")}}`;
}

function printMatcher({ name, op, value }: Matcher): string {
  return `${printLabelName(name)}${op}${quoted(value)}`;
}
