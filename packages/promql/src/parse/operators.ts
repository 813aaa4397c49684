/**
 * Operators in the order of PromQL's precedence. The grammar's tree is right about what there is and in which order,
 * but lets `@`, `offset` and ranges take hold of a whole operation rather than of the operand before them, so operands
 * and operators are taken from it as a flat sequence and put together here:
 *
 *     or  <  and unless  <  == != > < >= <=  <  + -  <  * / % atan2 and signs  <  ^ (from the right)  <  @ offset [...]
 */
import type { SyntaxNode } from "@lezer/common";
import type { Expression } from "./ast.ts";
import { binaryOperator, readBinary } from "./binary.ts";
import { readMatrix, readSubquery, withAt, withOffset } from "./modifiers.ts";
import { children, fail, type Source, textOf } from "./tree.ts";

type Item =
  | { readonly kind: "operand"; readonly node: SyntaxNode }
  | { readonly kind: "sign"; readonly op: "+" | "-"; readonly from: number }
  | { readonly kind: "binary"; readonly node: SyntaxNode }
  | { readonly kind: "postfix"; readonly node: SyntaxNode };

const POSTFIX: ReadonlySet<string> = new Set(["OffsetExpr", "StepInvariantExpr", "MatrixSelector", "SubqueryExpr"]);
const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  ">": 3,
  "<": 3,
  ">=": 3,
  "<=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  atan2: 5,
  "^": 6,
};
/** A sign takes hold of what binds tighter than multiplication. */
const BEHIND_SIGN = 6;
/** More operators in one chain than any query has. */
const MAX_ITEMS = 2000;

/** Whether the node is an operation rather than an operand. */
export function isOperation(node: SyntaxNode): boolean {
  return node.name === "BinaryExpr" || node.name === "UnaryExpr" || POSTFIX.has(node.name);
}

/** `readOperand` reads whatever is no operation; of a number only its magnitude. */
export function readOperation(
  source: Source,
  root: SyntaxNode,
  readOperand: (node: SyntaxNode) => Expression,
): Expression {
  const items = flatten(source, root);
  let next = 0;

  const readPrimary = (): Expression => {
    const item = items[next++];
    if (item?.kind === "sign") {
      const inner = readFrom(BEHIND_SIGN);
      const span = { start: item.from, end: inner.span.end };
      // As Prometheus does, so that `-1` is the literal it looks like.
      if (inner.kind === "number") return { ...inner, value: item.op === "-" ? -inner.value : inner.value, span };
      return { kind: "unary", op: item.op, inner, span };
    }
    if (item?.kind !== "operand") return fail(source, root, "unexpected operator, expected expression", "syntax");
    let operand = readOperand(item.node);
    for (let after = items[next]; after?.kind === "postfix"; after = items[++next]) {
      operand = applyPostfix(source, after.node, operand);
    }
    return operand;
  };

  const readFrom = (least: number): Expression => {
    let left = readPrimary();
    for (let item = items[next]; item?.kind === "binary"; item = items[next]) {
      const op = binaryOperator(source, item.node);
      const precedence = PRECEDENCE[op]!;
      if (precedence < least) return left;
      next++;
      const right = readFrom(op === "^" ? precedence : precedence + 1);
      left = readBinary(source, item.node, left, right);
    }
    return left;
  };

  return readFrom(0);
}

function applyPostfix(source: Source, node: SyntaxNode, operand: Expression): Expression {
  if (node.name === "OffsetExpr") return withOffset(source, node, operand);
  if (node.name === "StepInvariantExpr") return withAt(source, node, operand);
  return node.name === "MatrixSelector" ? readMatrix(source, node, operand) : readSubquery(source, node, operand);
}

/** In the order of the text, without recursion: a chain of operators is as deep a tree as it is long. */
function flatten(source: Source, root: SyntaxNode): Item[] {
  const items: Item[] = [];
  const open: (SyntaxNode | Item)[] = [root];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    if (items.length > MAX_ITEMS) fail(source, root, `found more than ${MAX_ITEMS} operators in a row`, "syntax");
    if ("kind" in top) items.push(top);
    else if (top.name === "BinaryExpr") open.push(top.lastChild!, { kind: "binary", node: top }, top.firstChild!);
    else if (POSTFIX.has(top.name)) open.push({ kind: "postfix", node: top }, top.firstChild!);
    else if (top.name === "UnaryExpr") {
      items.push({ kind: "sign", op: textOf(source, children(top)[0]!) as "+" | "-", from: top.from });
      open.push(top.lastChild!);
    } else pushOperand(source, top, items);
  }
  return items;
}

/** The grammar takes a sign into a number; here it binds as any other. */
function pushOperand(source: Source, node: SyntaxNode, items: Item[]): void {
  const first = node.name === "NumberDurationLiteral" ? textOf(source, node)[0] : undefined;
  if (first === "-" || first === "+") items.push({ kind: "sign", op: first, from: node.from });
  items.push({ kind: "operand", node });
}
