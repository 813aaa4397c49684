/** The same query with every selector pinned by `@`, which must give the same whenever it is asked. */
import { type At, type Expression, unwrapped } from "@lockstep/promql/parse/ast";
import { printExpression } from "@lockstep/promql/parse/print";

/** Their result depends on when they are asked, whatever they are asked about. */
const DEPENDS_ON_TIME =
  /^(?:days_in_month|day_of_\w+|hour|minute|month|year|predict_linear|time|timestamp|start|end|step|range)$/;

/** Undefined where the query depends on its time in another way. */
export function pinnedQuery(root: Expression, timeMs: number): string | undefined {
  let depends = false;
  const at: At = { kind: "time", ms: timeMs };
  const pin = (node: Expression): Expression => {
    switch (node.kind) {
      case "selector":
        return { ...node, at: node.at ?? at };
      case "matrix":
        return { ...node, selector: { ...node.selector, at: node.selector.at ?? at } };
      case "subquery":
        // What is within it is asked at times of its own.
        depends ||= asksForTime(node.inner);
        return { ...node, at: node.at ?? at };
      case "call":
        depends ||= DEPENDS_ON_TIME.test(node.signature.name);
        return { ...node, args: node.args.map(pin) };
      case "aggregation":
        return {
          ...node,
          param: node.param === undefined ? undefined : pin(node.param),
          inner: pin(node.inner),
        };
      case "binary":
        return { ...node, left: pin(node.left), right: pin(node.right) };
      case "unary":
      case "paren":
        return { ...node, inner: pin(node.inner) };
      case "number":
      case "string":
        return node;
    }
  };
  const pinned = pin(root);
  return depends || unwrapped(root).kind === "string" ? undefined : printExpression(pinned);
}

function asksForTime(node: Expression): boolean {
  switch (node.kind) {
    case "call":
      return DEPENDS_ON_TIME.test(node.signature.name) || node.args.some(asksForTime);
    case "aggregation":
      return asksForTime(node.inner) || (node.param !== undefined && asksForTime(node.param));
    case "binary":
      return asksForTime(node.left) || asksForTime(node.right);
    case "unary":
    case "paren":
    case "subquery":
      return asksForTime(node.inner);
    default:
      return false;
  }
}

/** Moments at which the pinned query is asked. */
export function otherTimes(timeMs: number): number[] {
  return timeMs === 0 ? [-1000, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs];
}
