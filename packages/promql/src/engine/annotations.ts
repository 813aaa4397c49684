/** Warnings and infos beside a result, each text once; the texts are Prometheus's. */

import { formatG } from "../format-number.ts";
import type { Span } from "../parse/ast.ts";
import { place } from "../parse/parse-error.ts";
import { quoted } from "../parse/string.ts";

export class Annotations {
  private readonly query: string;
  private readonly found = { warning: new Set<string>(), info: new Set<string>() };

  constructor(query: string) {
    this.query = query;
  }

  get warnings(): string[] {
    return [...this.found.warning];
  }

  get infos(): string[] {
    return [...this.found.info];
  }

  private add(kind: "warning" | "info", span: Span, text: string): void {
    this.found[kind].add(`PromQL ${kind}: ${text} (${place(this.query, span.start)})`);
  }

  invalidQuantile(quantile: number, span: Span): void {
    this.add("warning", span, `quantile value should be between 0 and 1, got ${formatG(quantile)}`);
  }

  invalidRatio(ratio: number, limit: number, span: Span): void {
    const capped = `got ${formatG(ratio)}, capping to ${formatG(limit)}`;
    this.add("warning", span, `ratio value should be between -1 and 1, ${capped}`);
  }

  badBucketLabel(metric: string, found: string, span: Span): void {
    const text = `bucket label "le" is missing or has a malformed value of ${quoted(found)}`;
    this.add("warning", span, `${text}${forMetric(metric)}`);
  }

  possibleNonCounter(metric: string, span: Span): void {
    const rule = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:";
    this.add("info", span, `${rule} ${quoted(metric)}`);
  }

  forcedMonotonicity(metric: string, span: Span): void {
    const see = "see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile";
    const text = `input to histogram_quantile needed to be fixed for monotonicity (${see})`;
    this.add("info", span, `${text}${forMetric(metric)}`);
  }
}

function forMetric(metric: string): string {
  return metric === "" ? "" : ` for metric name ${quoted(metric)}`;
}
