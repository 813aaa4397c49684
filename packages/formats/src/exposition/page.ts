/** What goes into the reading of a page and what comes out of it. */

/** What the collector makes of a line's own labels: target labels and metric relabelling applied, id taken. */
export type ResolvedSeries = {
  readonly labels: ReadonlyMap<string, string>;
  readonly metric: number;
  readonly lo: number;
  readonly hi: number;
  /** DCGM's blank sentinels mean absence here. */
  readonly blanks: boolean;
};

export type PageOptions = {
  /**
   * Gets labels with an empty value too, though a series has none such. "dropped" where relabelling drops the series.
   * May throw LineError (a bad line) or PageError (a bad page).
   */
  readonly resolve: (pageLabels: Map<string, string>) => ResolvedSeries | "dropped";
  readonly honorTimestamps: boolean;
  /** Bounds of a page: more samples than this, or after relabelling more than `sampleLimit` (0: none), refuse it. */
  readonly maxSamples: number;
  readonly sampleLimit: number;
  readonly maxLineBytes: number;
  /** One bad line refuses the page, as in Prometheus. */
  readonly strict: boolean;
};

export type NewSeries = { readonly resolved: ResolvedSeries; readonly type: string; readonly unit: string };

export type BadLine = { readonly line: number; readonly message: string };

export type PageCounts = {
  /** Lines that were samples, blank sentinels included. */
  readonly samples: number;
  /** Of these, left after relabelling. */
  readonly kept: number;
  readonly added: number;
};

export type PageSummary = PageCounts & {
  readonly stale: number;
  readonly duplicates: number;
  readonly badLines: number;
  readonly badExamples: readonly BadLine[];
};

/** The page as a whole is refused. */
export class PageError extends Error {
  override readonly name = "PageError";
}
