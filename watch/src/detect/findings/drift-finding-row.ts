/** A finding of a model as a row of the table `findings`. */
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import type { Episode, FindingForm } from "./finding-row.ts";

/** What it is about stands in the row's detail beside the finding: of a model nothing else tells it. */
type Detail = DriftFinding & { readonly subject: string };

export const driftFindings: FindingForm<DriftFinding> = {
  of: "models",
  whose: ({ model }) => model,
  row({ id, openedMs, closedMs, finding, subject }: Episode<DriftFinding>, updatedMs) {
    const { kind, model, version, feature, distance, confidence, summary } = finding;
    const detail: Detail = { ...finding, from: openedMs, subject };
    return {
      ...{ id, kind, job: "", model, version: version ?? "", feature: feature ?? "", rank: null, node: "", gpu: "" },
      opened: Math.round(openedMs),
      closed: closedMs === undefined ? null : Math.round(closedMs),
      score: distance ?? null,
      waste_gpu_seconds: 0,
      ...{ confidence, cause: "", summary, detail: JSON.stringify(detail), updated: updatedMs },
    };
  },
  read({ detail }) {
    try {
      const { subject, ...finding } = JSON.parse(detail) as Partial<Detail>;
      const whole =
        typeof finding.kind === "string" && typeof finding.model === "string" && Array.isArray(finding.evidence);
      return whole && typeof subject === "string" ? { subject, finding: finding as DriftFinding } : undefined;
    } catch {
      return undefined;
    }
  },
};
