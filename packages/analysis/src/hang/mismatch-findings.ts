import type { Cause, Evidence, Finding } from "@lockstep/schemas/domain/finding";
import type { Mismatch, MismatchOf } from "./mismatch.ts";
import { ranksText } from "./rank-list.ts";

const causes: Record<MismatchOf, Cause> = {
  operation: {
    code: "operation_mismatch",
    text: "ranks called different operations in the same place: their programs took different branches",
  },
  size: { code: "size_mismatch", text: "ranks gave tensors of different sizes to the same operation" },
  type: { code: "dtype_mismatch", text: "ranks gave tensors of different element types to the same operation" },
};

/** One for each rank that differs from the majority; where there is none, one that blames nobody. */
export function mismatchFindings(job: string, mismatch: Mismatch): Finding[] {
  const { group, seq, of, variants, odd, operation } = mismatch;
  const createdUs = operation.parts[0]?.createdUs;
  const evidence: Evidence[] = [
    { what: "sequence number", value: seq, unit: "" },
    { what: "operation", value: operation.collective, unit: "" },
    ...variants.slice(0, 8).map(({ text, ranks }) => ({ what: `${of} of ${ranksText(ranks)}`, value: text, unit: "" })),
  ];
  const place = `operation ${seq} of ${group.label}`;
  const finding = {
    kind: "mismatch" as const,
    job,
    communicator: group.label,
    ...(createdUs === undefined ? {} : { from: Math.floor(createdUs / 1000) }),
    cause: causes[of],
    evidence,
  };
  if (odd.length === 0) {
    const sides = variants.slice(0, 3).map(({ text, ranks }) => `${ranksText(ranks)} ${text}`);
    const ranks = variants.flatMap((variant) => variant.ranks).toSorted((a, b) => a - b);
    return [
      { ...finding, ranks, confidence: "medium", summary: `ranks do not agree on ${place}: ${sides.join("; ")}` },
    ];
  }
  const usual = variants[0]!;
  return odd.map((rank) => {
    const own = variants.find(({ ranks }) => ranks.includes(rank))!;
    const summary = `rank ${rank} gave ${own.text} as ${place} where ${ranksText(usual.ranks)} gave ${usual.text}`;
    return { ...finding, rank, ranks: usual.ranks, confidence: "high", summary };
  });
}
