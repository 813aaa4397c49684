/** What served models saw in past windows, as rows of table `histograms`. */
import { type StoredObserved, toStored } from "@lockstep/analysis/drift/stored-observed";
import type { Cells, Observed, ObservedKind, ObservedSource } from "@lockstep/schemas/domain/observed";
import { CHAT_BUCKETS, CHAT_HISTOGRAMS, type ChatHistogram } from "./chat-model.ts";
import { CHAT_PLACES } from "./chat-replica.ts";
import { type FraudWindow, SCORE_BOUNDS, scoreSums } from "./fraud-model.ts";

/** As the preset `vllm` of `lockstep: models:` names them, which goes on where this history ends. */
const CHAT_FEATURES: Readonly<Record<ChatHistogram, { readonly feature: string; readonly kind: ObservedKind }>> = {
  request_prompt_tokens: { feature: "prompt_tokens", kind: "input" },
  request_generation_tokens: { feature: "output_tokens", kind: "prediction" },
  time_to_first_token_seconds: { feature: "first_token_seconds", kind: "latency" },
  inter_token_latency_seconds: { feature: "inter_token_seconds", kind: "latency" },
  e2e_request_latency_seconds: { feature: "e2e_seconds", kind: "latency" },
};

export type Window = { readonly sinceMs: number; readonly untilMs: number };
export type Replica = { readonly model: string; readonly pod: string };

/** `before` and `after`: what the replica's counters stood at; observations are what was added. */
export function chatRows(of: Replica, { sinceMs, untilMs }: Window, before: Float64Array, after: Float64Array) {
  return CHAT_HISTOGRAMS.map((name) => {
    const { at, cells, sum } = CHAT_PLACES.histograms[name];
    const counts = Array.from({ length: cells }, (_, cell) => after[at + cell]! - before[at + cell]!);
    // vLLM counts nothing below zero.
    const bounds = [0, ...CHAT_BUCKETS[name], Number.POSITIVE_INFINITY];
    return stored("prometheus", {
      ...observedOf(of, "", sinceMs, untilMs),
      ...CHAT_FEATURES[name],
      cells: { form: "explicit", bounds, counts },
      missing: 0,
      sum: after[sum]! - before[sum]!,
    });
  });
}

/** Of a window whose labels have all come. */
export function fraudRows(of: Replica, { sinceMs, untilMs }: Window, window: FraudWindow): StoredObserved[] {
  const base = observedOf(of, window.version, sinceMs, untilMs);
  const row = (kind: ObservedKind, feature: string, cells: Cells, rest: Partial<Observed>) =>
    stored("observations", { ...base, kind, feature, cells, missing: 0, sum: undefined, ...rest });
  const { counts, positives } = window.score;
  const sums = scoreSums(counts);
  return [
    ...window.numeric.map(({ feature, bounds, counts, missing, sum }) =>
      row("input", feature, { form: "explicit", bounds, counts }, { missing, sum }),
    ),
    ...window.categorical.map(({ kind, feature, counts, missing }) =>
      row(kind, feature, { form: "categories", counts }, { missing }),
    ),
    row(
      "score",
      "score",
      { form: "explicit", bounds: SCORE_BOUNDS, counts },
      {
        sum: sums.reduce((all, one) => all + one, 0),
        labelled: { labelled: counts, positives, scoreSums: sums },
      },
    ),
  ];
}

function observedOf({ model, pod }: Replica, version: string, since: number, until: number) {
  return { model, version, replica: pod, labels: new Map<string, string>(), since, until };
}

/** Seen when it ended: the same rows come out of every run. */
function stored(source: ObservedSource, observed: Observed): StoredObserved {
  return toStored(observed, { source, origin: observed.replica, seen: observed.until });
}
