import type { TargetSpec } from "@lockstep/config/target";
import type { PageSummary } from "@lockstep/formats/exposition/page";

/** What is known of a target after a scrape. No `summary`: the scrape failed, and `error` says why. */
export type TargetState = {
  readonly target: TargetSpec;
  readonly summary?: PageSummary;
  readonly bodyBytes: number;
  readonly error: string;
  readonly lastScrapeMs: number;
  readonly durationSeconds: number;
};

export type Health = "unknown" | "up" | "down" | "gone";

/** A row of table `targets`. */
export function targetRow(
  target: TargetSpec,
  health: Health,
  state: TargetState | undefined,
  run: string,
  now: number,
) {
  const example = state?.summary?.badExamples[0];
  return {
    scrape_pool: target.scrapePool,
    url: target.url,
    labels: target.labels,
    discovered_labels: target.discoveredLabels,
    health,
    last_error: state?.error ?? "",
    last_scrape: state?.lastScrapeMs ?? 0,
    duration_seconds: state?.durationSeconds ?? 0,
    interval_seconds: target.intervalMs / 1000,
    timeout_seconds: target.timeoutMs / 1000,
    samples: state?.summary?.samples ?? 0,
    samples_kept: state?.summary?.kept ?? 0,
    body_bytes: state?.bodyBytes ?? 0,
    bad_lines: state?.summary?.badLines ?? 0,
    bad_line_example: example === undefined ? "" : `line ${example.line}: ${example.message}`,
    run,
    updated: now,
  };
}
