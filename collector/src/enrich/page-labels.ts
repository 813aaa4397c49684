/** From a line's own labels to its series: target labels, metric relabelling, limits, id. */
import type { ScrapeLimits } from "@lockstep/config/config";
import { LineError } from "@lockstep/formats/exposition/line";
import { PageError, type ResolvedSeries } from "@lockstep/formats/exposition/page";
import { isDcgmFamily } from "@lockstep/formats/exposition/sentinels";
import { seriesId } from "@lockstep/formats/series-id";
import { type Labels, METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { metricId } from "@lockstep/schemas/domain/metric-id";

export type PageLabelOptions = {
  readonly targetLabels: Labels;
  readonly honorLabels: boolean;
  readonly limits: ScrapeLimits;
  /** metric_relabel_configs; null: the series is dropped. */
  readonly relabel: (labels: Map<string, string>) => Map<string, string> | null;
};

export function createPageLabels(options: PageLabelOptions): (page: Map<string, string>) => ResolvedSeries | "dropped" {
  return (page) => {
    const name = page.get(METRIC_NAME) ?? "";
    const labels = options.relabel(withTargetLabels(page, options));
    if (labels === null) return "dropped";
    checkLimits(labels, options.limits);
    return { ...identify(labels), blanks: isDcgmFamily(name) };
  };
}

/** A label set's metric and id. Throws LineError where relabelling left no metric name. */
export function identify(labels: Labels): { labels: Labels; metric: number; lo: number; hi: number } {
  const name = labels.get(METRIC_NAME);
  if (name === undefined || name === "") throw new LineError("relabelling left the sample without a metric name");
  return { labels, metric: metricId(name), ...seriesId(labels) };
}

/** On a clash the target's label wins, and the page's is kept as exported_<name>; with honor_labels the page's wins. */
function withTargetLabels(page: Map<string, string>, { targetLabels, honorLabels }: PageLabelOptions) {
  const labels = new Map([...page].filter(([, value]) => value !== ""));
  if (honorLabels) {
    // An empty one counts: by it a page says that the target's label does not apply (Pushgateway, `instance=""`).
    for (const [name, value] of targetLabels) if (!page.has(name)) labels.set(name, value);
    return labels;
  }
  for (const [name, value] of targetLabels) {
    const exported = labels.get(name);
    labels.set(name, value);
    if (exported !== undefined) labels.set(exportedName(name, page, targetLabels), exported);
  }
  return labels;
}

function exportedName(name: string, page: Labels, target: Labels): string {
  let exported = `exported_${name}`;
  while (page.has(exported) || target.has(exported)) exported = `exported_${exported}`;
  return exported;
}

function checkLimits(labels: Labels, limits: ScrapeLimits): void {
  const metric = labels.get(METRIC_NAME);
  if (limits.labels !== undefined && labels.size > limits.labels) {
    throw new PageError(`label_limit exceeded: ${metric} has ${labels.size} labels, the limit is ${limits.labels}`);
  }
  const { labelNameLength = Infinity, labelValueLength = Infinity } = limits;
  if (labelNameLength === Infinity && labelValueLength === Infinity) return;
  for (const [name, value] of labels) {
    const [nameBytes, valueBytes] = [Buffer.byteLength(name), Buffer.byteLength(value)];
    if (nameBytes > labelNameLength) {
      throw new PageError(
        `label_name_length_limit exceeded: ${metric} label ${name}: ${nameBytes} bytes, the limit is ${labelNameLength}`,
      );
    }
    if (valueBytes > labelValueLength) {
      throw new PageError(
        `label_value_length_limit exceeded: ${metric} label ${name}: ${valueBytes} bytes, the limit is ${labelValueLength}`,
      );
    }
  }
}
