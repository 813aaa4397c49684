/** What a replica of a classifier sends of a window: bodies of `POST /v1/observations`. */
import { type FraudWindow, SCORE_BOUNDS } from "./fraud-model.ts";
import type { Replica, Window } from "./window-rows.ts";

export type ObservationBody = {
  readonly model: string;
  readonly version: string;
  /** The replica that observed. */
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
  readonly features: readonly object[];
};

/** As soon as the window is over: everything but labels. */
export function observedBody(of: Replica, window: Window, seen: FraudWindow): ObservationBody {
  const numeric = seen.numeric.map(({ feature, bounds, counts, missing, sum }) => ({
    feature,
    kind: "input",
    // JSON has no infinity: there is a count more on either side than the bounds tell.
    bounds: bounds.slice(1, -1),
    counts,
    missing,
    sum,
  }));
  const categorical = seen.categorical.map(({ feature, kind, counts, missing }) => ({
    feature,
    kind,
    categories: Object.fromEntries(counts),
    missing,
  }));
  const score = { feature: "score", kind: "score", bounds: SCORE_BOUNDS, counts: seen.score.counts };
  return bodyOf(of, window, seen, [...numeric, ...categorical, score]);
}

/** When the labels of the window have come: how many of each cell were what. They add to the scores that were told before. */
export function labelledBody(of: Replica, window: Window, seen: FraudWindow): ObservationBody {
  const { counts, positives } = seen.score;
  const labels = { "0": counts.map((count, cell) => count - positives[cell]!), "1": positives };
  return bodyOf(of, window, seen, [{ feature: "score", kind: "score", bounds: SCORE_BOUNDS, labels }]);
}

function bodyOf(of: Replica, { sinceMs, untilMs }: Window, seen: FraudWindow, features: readonly object[]) {
  return {
    model: of.model,
    version: seen.version,
    source: of.pod,
    labels: {},
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    features,
  };
}
