/** What findings of a model are about, and which verdicts speak of it. */
import type { DriftBaseline, DriftFindingKind, DriftVerdict } from "@lockstep/schemas/domain/drift-finding";

export type Subject = {
  readonly kind: DriftFindingKind;
  readonly version: string;
  /** Of a drift: from all that was before, or from the version before. */
  readonly from: "data" | "version" | "replicas" | "performance";
  /** Of a broken replica: the replica. Of performance: the measure. Else kind and feature. */
  readonly what: string;
};

export function subjectKey({ kind, version, from, what }: Subject): string {
  return JSON.stringify([kind, from, version, what]);
}

/** Undefined where it is none of ours. */
export function subjectOf(key: string): Subject | undefined {
  try {
    const [kind, from, version, what] = JSON.parse(key) as [DriftFindingKind, Subject["from"], string, string];
    return [kind, from, version, what].every((part) => typeof part === "string")
      ? { kind, from, version, what }
      : undefined;
  } catch {
    return undefined;
  }
}

export type TellingVerdict = {
  readonly version: string;
  readonly kind: string;
  readonly feature: string;
  readonly baseline: DriftBaseline;
  readonly segment: string;
  readonly verdict: DriftVerdict;
};

/** The subjects that a verdict says something of, and whether it shows them. */
export function saidBy(judged: TellingVerdict): { readonly key: string; readonly shown: boolean }[] {
  const { version, kind, feature, baseline, segment, verdict } = judged;
  if (verdict === "not_enough_data") return [];
  const what = `${kind} ${feature}`;
  if (baseline === "replicas") {
    const key = subjectKey({ kind: "broken_replica", version, from: "replicas", what: segment });
    return [{ key, shown: verdict !== "no_drift" }];
  }
  const drift = subjectKey({ kind: "drift", version, from: baseline === "version" ? "version" : "data", what });
  const shows = { key: drift, shown: verdict === "drift" };
  // Values that are new to a version are its own affair.
  if (baseline === "version") return [shows];
  const quality = subjectKey({ kind: "data_quality", version, from: "data", what });
  return [shows, { key: quality, shown: verdict === "data_quality" }];
}

/** By subject: whether anything in a window shows it. Subjects of which nothing is told are left out. */
export function shownIn(verdicts: Iterable<TellingVerdict>): Map<string, boolean> {
  const shown = new Map<string, boolean>();
  for (const judged of verdicts)
    for (const said of saidBy(judged)) shown.set(said.key, said.shown || (shown.get(said.key) ?? false));
  return shown;
}

/** Of estimated, or of realised performance. */
export function performanceKey(version: string, way: string): string {
  return subjectKey({ kind: "performance", version, from: "performance", what: way });
}
