/** Which expressions have the same value at every step, because `@` pins all they look at. */
import type { Expression } from "../parse/ast.ts";

/** Their result depends on when they are evaluated, whatever their arguments are. */
const DEPENDS_ON_TIME: ReadonlySet<string> = new Set([
  "days_in_month",
  "day_of_month",
  "day_of_week",
  "day_of_year",
  "hour",
  "minute",
  "month",
  "year",
  "predict_linear",
  "time",
  "timestamp",
]);

export function isStepInvariant(node: Expression): boolean {
  switch (node.kind) {
    case "number":
    case "string":
      return true;
    case "selector":
      return node.at !== undefined;
    case "matrix":
      return node.selector.at !== undefined;
    case "subquery":
      return node.at !== undefined;
    case "call":
      return !DEPENDS_ON_TIME.has(node.signature.name) && node.args.every(isStepInvariant);
    case "aggregation":
      return isStepInvariant(node.inner) && (node.param === undefined || isStepInvariant(node.param));
    case "binary":
      return isStepInvariant(node.left) && isStepInvariant(node.right);
    case "unary":
    case "paren":
      return isStepInvariant(node.inner);
  }
}
