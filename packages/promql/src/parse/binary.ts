/** Binary operators and how their operands' series are matched. */
import type { SyntaxNode } from "@lezer/common";
import { type Binary, type BinaryOperator, type Expression, isSetOperator, type VectorMatching } from "./ast.ts";
import { stringLiteral } from "./selector.ts";
import { children, fail, type Source, textOf } from "./tree.ts";

const OPERATORS: Readonly<Record<string, BinaryOperator>> = {
  Pow: "^",
  Mul: "*",
  Div: "/",
  Mod: "%",
  Atan2: "atan2",
  Add: "+",
  Sub: "-",
  Eql: "==",
  Gte: ">=",
  Gtr: ">",
  Lte: "<=",
  Lss: "<",
  Neq: "!=",
  And: "and",
  Unless: "unless",
  Or: "or",
};

export function binaryOperator(source: Source, node: SyntaxNode): BinaryOperator {
  const parts = children(node);
  const trim = parts.find((part) => part.name === "TrimUpper" || part.name === "TrimLower");
  if (trim !== undefined) {
    fail(
      source,
      trim,
      `operator ${textOf(source, trim)} trims native histograms, which are not supported`,
      "experimental",
    );
  }
  return parts.map((part) => OPERATORS[part.name]).find((found) => found !== undefined)!;
}

export function readBinary(source: Source, node: SyntaxNode, left: Expression, right: Expression): Binary {
  const op = binaryOperator(source, node);
  if (node.getChild("FillModifier") !== null) {
    fail(source, node, "binop fill modifiers are experimental and not enabled", "experimental");
  }
  const clause = node.getChild("MatchingModifierClause");
  return {
    kind: "binary",
    op,
    left,
    right,
    bool: node.getChild("BoolModifier") !== null,
    matching: readMatching(source, clause, isSetOperator(op)),
    span: { start: left.span.start, end: right.span.end },
  };
}

function readMatching(source: Source, clause: SyntaxNode | null, isSet: boolean): VectorMatching {
  const cardinality = isSet ? "many-to-many" : "one-to-one";
  if (clause === null) return { cardinality, on: false, labels: [], include: [] };
  const [labels, include] = clause.getChildren("GroupingLabels");
  const grouped = clause.getChild("GroupLeft") !== null || clause.getChild("GroupRight") !== null;
  const many = clause.getChild("GroupLeft") !== null ? "many-to-one" : "one-to-many";
  return {
    cardinality: grouped ? many : cardinality,
    on: clause.getChild("On") !== null,
    labels: groupingLabels(source, labels!),
    include: include === undefined ? [] : groupingLabels(source, include),
  };
}

export function groupingLabels(source: Source, node: SyntaxNode): string[] {
  return children(node).map((label) =>
    label.name === "QuotedLabelName" ? stringLiteral(source, label.firstChild!) : textOf(source, label),
  );
}
