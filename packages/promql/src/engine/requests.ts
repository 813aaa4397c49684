/** What a query has to read before it can be evaluated. */
import type { Matcher } from "../matcher.ts";
import type { Expression, VectorSelector } from "../parse/ast.ts";
import { type QueryEnds, referenceGrid, subqueryGrid } from "./moment.ts";
import { type Grid, lastStepMs } from "./value.ts";

export type SelectorRequest = {
  /** Under which the series are to be handed over. */
  readonly node: VectorSelector;
  readonly matchers: readonly Matcher[];
  /** Samples after this and up to `untilMs` are needed; Unix milliseconds. */
  readonly afterMs: number;
  readonly untilMs: number;
  /** Set for a range vector. */
  readonly rangeMs: number | undefined;
};

type Scope = QueryEnds & { readonly lookbackMs: number; readonly defaultStepMs: number };

export function selectorRequests(root: Expression, grid: Grid, scope: Scope): SelectorRequest[] {
  const requests: SelectorRequest[] = [];
  const request = (node: VectorSelector, steps: Grid, rangeMs: number | undefined) => {
    const reference = referenceGrid(steps, node, scope);
    requests.push({
      node,
      matchers: node.matchers,
      afterMs: reference.startMs - (rangeMs ?? scope.lookbackMs),
      untilMs: lastStepMs(reference),
      rangeMs,
    });
  };
  const visit = (node: Expression, steps: Grid): void => {
    switch (node.kind) {
      case "selector":
        request(node, steps, undefined);
        break;
      case "matrix":
        request(node.selector, steps, node.rangeMs);
        break;
      case "subquery": {
        const ends = referenceGrid(steps, node, scope);
        const inner = subqueryGrid(ends, node.rangeMs, node.stepMs ?? scope.defaultStepMs);
        if (inner.count > 0) visit(node.inner, inner);
        break;
      }
      case "call":
        for (const arg of node.args) visit(arg, steps);
        break;
      case "aggregation":
        if (node.param !== undefined) visit(node.param, steps);
        visit(node.inner, steps);
        break;
      case "binary":
        visit(node.left, steps);
        visit(node.right, steps);
        break;
      case "unary":
      case "paren":
        visit(node.inner, steps);
        break;
      case "number":
      case "string":
        break;
    }
  };
  visit(root, grid);
  return requests;
}
