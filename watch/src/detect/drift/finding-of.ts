/** A finding from what shows in a window. */
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import type { Confidence, Evidence } from "@lockstep/schemas/domain/finding";
import type { ObservedKind } from "@lockstep/schemas/domain/observed";
import type { TrackChange } from "./episode-track.ts";
import type { JudgedFeature, JudgedWindow } from "./judged-feature.ts";
import { type Subject, saidBy } from "./subject.ts";

/** Of what else shows the same, so much is told. */
const maxEvidence = 12;
/** So far beyond its threshold, or so sure, is beyond doubt. */
const farBeyond = 2;
const sure = 1e-3;

/** `change` is one of kind shown. Undefined where nothing in the window shows it. */
export function findingOf(
  window: JudgedWindow,
  subject: Subject,
  key: string,
  change: TrackChange,
): DriftFinding | undefined {
  return subject.kind === "performance"
    ? performanceFinding(window, subject, change)
    : featureFinding(window, subject, key, change);
}

function performanceFinding(
  { model, performances }: JudgedWindow,
  { version, what }: Subject,
  change: TrackChange,
): DriftFinding | undefined {
  const found = performances.find((each) => each.version === version && each.way === what);
  if (found === undefined) return undefined;
  const of = version === "" ? model : `${model} ${version}`;
  return {
    ...{ kind: "performance", model, ...(version !== "" && { version }) },
    ...{ from: change.fromMs, to: change.toMs, n: found.n },
    // An estimate holds as long as what the inputs mean has not changed.
    confidence: found.way === "realised" ? "high" : "medium",
    summary: `${found.way} performance of ${of} has fallen since ${momentOf(change.fromMs)}: ${found.reason}`,
    evidence: found.breaches.map(({ metric, value, lower, upper }) => {
      return { what: `${found.way} ${metric}, usually ${lower.toFixed(3)} to ${upper.toFixed(3)}`, value, unit: "" };
    }),
  };
}

function momentOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Undefined where nothing in the window shows it. */
function featureFinding(
  window: JudgedWindow,
  subject: Subject,
  key: string,
  change: TrackChange,
): DriftFinding | undefined {
  const shows = window.features
    .filter((judged) => saidBy(judged).some((said) => said.key === key && said.shown))
    .sort((a, b) => excess(b) - excess(a));
  const [worst] = shows;
  if (worst === undefined) return undefined;
  const { kind, feature, version, baseline, segment, method, distance, threshold, expected, q, nCurrent } = worst;
  const numbers = known({ distance, threshold, expected, q, n: nCurrent });
  return {
    kind: subject.kind,
    model: window.model,
    ...(version !== "" && { version }),
    ...(segment !== "" && { replica: segment }),
    ...{ feature, of: kind as ObservedKind, baseline, from: change.fromMs, to: change.toMs, method, ...numbers },
    confidence: confidenceOf(worst),
    summary: summaryOf(window.model, subject, worst, shows, change.fromMs),
    evidence: shows.slice(0, maxEvidence).flatMap(evidenceOf),
  };
}

function excess({ distance = 0, threshold }: JudgedFeature): number {
  return distance / threshold || 0;
}

function known(numbers: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).filter(([, value]) => value !== undefined && Number.isFinite(value)),
  ) as Record<string, number>;
}

function confidenceOf(judged: JudgedFeature): Confidence {
  const { verdict, q = 1, approximate } = judged;
  if (verdict === "data_quality") return "high";
  if (approximate) return "low";
  return excess(judged) >= farBeyond && q <= sure ? "high" : "medium";
}

function summaryOf(
  model: string,
  { from, version }: Subject,
  worst: JudgedFeature,
  shows: readonly JudgedFeature[],
  fromMs: number,
): string {
  const since = momentOf(fromMs);
  const of = version === "" ? model : `${model} ${version}`;
  if (from === "replicas") {
    const others = new Set(shows.map(({ feature }) => feature)).size - 1;
    const more = others > 0 ? `, and ${others} more of its features differ` : "";
    return `replica ${worst.segment} of ${of} differs from its peers since ${since}: ${worst.reason}${more}`;
  }
  if (from === "version") return `${of} differs from the version before it since ${since}: ${worst.reason}`;
  return `${of}: ${worst.reason}, since ${since}`;
}

function evidenceOf(judged: JudgedFeature): Evidence[] {
  const { feature, baseline, method, distance, threshold, missingRate, newShare, outside } = judged;
  const against = baseline === "replicas" ? "peers" : `${baseline} baseline`;
  const evidence: Evidence[] = [];
  if (distance !== undefined) {
    evidence.push({
      what: `${method} of ${feature} against its ${against}, threshold ${threshold.toPrecision(2)}`,
      ...{ value: distance, unit: "" },
    });
  }
  const shares = { "missing values": missingRate, "new categories": newShare, "outside of its range": outside };
  for (const [what, share] of Object.entries(shares))
    if (share !== undefined && share > 0)
      evidence.push({ what: `${what} of ${feature}`, value: share * 100, unit: "%" });
  return evidence;
}
