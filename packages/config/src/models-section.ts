/** `lockstep: {models: ...}`: which histograms are features of which model, and how it is judged. */
import type { DriftBaseline } from "@lockstep/schemas/domain/drift-finding";
import type { Labels } from "@lockstep/schemas/domain/labels";
import { MODEL_PRESETS as PRESET_NAMES, type PrometheusYml } from "@lockstep/schemas/files/prometheus-yml";
import type { ModelHistogram, ModelSource } from "./config.ts";
import { formatDuration } from "./duration.ts";
import type { ModelPreset } from "./model-presets/preset.ts";
import { MODEL_PRESETS } from "./model-presets/presets.ts";
import { childPath } from "./problem.ts";
import { present, type Report } from "./report.ts";
import { duration } from "./scrape-config.ts";

type Raw = NonNullable<NonNullable<PrometheusYml["lockstep"]>["models"]>;
type RawModel = Raw[number];
type RawHistogram = NonNullable<RawModel["histograms"]>[number];

export const modelDefaults = { windowMs: 300_000, decision: 0.5, replicaLabel: "instance" } as const;
const BASELINES: readonly DriftBaseline[] = ["training", "season", "version", "replicas"];
const LEAST_WINDOW_MS = 10_000;
const MOST_WINDOW_MS = 86_400_000;

export function resolveModels(raw: Raw | undefined, report: Report): ModelSource[] {
  const windows = new Map<string, { readonly windowMs: number; readonly path: string }>();
  return present(raw).flatMap(([index, model]) => {
    const path = childPath("lockstep.models", index);
    const source = resolveModel(model, path, report);
    if (source === undefined) return [];
    refuseOtherWindow(source, path, windows, report);
    return [source];
  });
}

/** Undefined where nobody could say whose its histograms are, which is reported. */
function resolveModel(raw: RawModel, path: string, report: Report): ModelSource | undefined {
  const preset = raw.preset === undefined ? undefined : MODEL_PRESETS[raw.preset];
  const match: Labels = raw.match ?? new Map();
  const own = present(raw.histograms).flatMap(([index, histogram]) =>
    resolveHistogram(histogram, childPath(`${path}.histograms`, index), match, report),
  );
  const name = nameOf(raw, preset, path, report);
  const versionLabel = raw.version_label ?? preset?.versionLabel;
  const windowMs = windowOf(raw, path, report);
  return (
    name && {
      ...name,
      ...(versionLabel !== undefined && { versionLabel }),
      replicaLabel: raw.replica_label ?? modelDefaults.replicaLabel,
      histograms: [...(preset?.histograms ?? []).map((each) => ({ ...each, match })), ...own],
      match,
      windowMs,
      decision: raw.decision === undefined ? modelDefaults.decision : Number(raw.decision),
      baselines: BASELINES.filter((baseline) => raw.baseline?.[baseline] !== false),
    }
  );
}

function nameOf(raw: RawModel, preset: ModelPreset | undefined, path: string, report: Report) {
  if (raw.model !== undefined) return { model: raw.model };
  if (preset?.modelLabel !== undefined) return { modelLabel: preset.modelLabel };
  if (["model", "preset"].some((key) => report.failed(`${path}.${key}`))) return undefined;
  const naming = PRESET_NAMES.filter((name) => MODEL_PRESETS[name].modelLabel !== undefined).join(", ");
  const expected = `model: NAME, or one of the presets that name their models: ${naming}`;
  report.error(path, "a model without a name", { expected });
  return undefined;
}

function resolveHistogram(raw: RawHistogram, path: string, match: Labels, report: Report): ModelHistogram[] {
  const { metric, feature, kind } = raw;
  const missing = Object.entries({ metric, feature, kind })
    .filter(([key, value]) => value === undefined && !report.failed(`${path}.${key}`))
    .map(([key]) => key);
  for (const key of missing) report.error(path, `a histogram without ${key}`, { expected: HINTS[key]! });
  if (metric?.endsWith("_bucket")) {
    report.error(`${path}.metric`, "the series of its buckets, not the histogram", {
      found: JSON.stringify(metric),
      expected: metric.slice(0, -"_bucket".length),
    });
  }
  if (metric === undefined || feature === undefined || kind === undefined) return [];
  return [{ metric, feature, kind, match: new Map([...match, ...(raw.match ?? [])]) }];
}

const HINTS: Readonly<Record<string, string>> = {
  metric: "metric: NAME, as the server exposes it, without _bucket",
  feature: "feature: NAME, as it is shown",
  kind: "kind: input, prediction, score or latency",
};

function windowOf(raw: RawModel, path: string, report: Report): number {
  const windowMs = duration(raw.window, `${path}.window`, report) ?? modelDefaults.windowMs;
  if (windowMs >= LEAST_WINDOW_MS && windowMs <= MOST_WINDOW_MS) return windowMs;
  report.error(`${path}.window`, "a window that nothing can be judged in", {
    found: formatDuration(windowMs),
    expected: `from ${formatDuration(LEAST_WINDOW_MS)} to ${formatDuration(MOST_WINDOW_MS)}`,
  });
  return modelDefaults.windowMs;
}

/** What comes by several ways is one model, and is judged once. */
function refuseOtherWindow(
  { model, windowMs }: ModelSource,
  path: string,
  windows: Map<string, { readonly windowMs: number; readonly path: string }>,
  report: Report,
): void {
  if (model === undefined) return;
  const first = windows.get(model);
  if (first === undefined) windows.set(model, { windowMs, path });
  else if (first.windowMs !== windowMs) {
    report.error(path, `${JSON.stringify(model)} has windows of two lengths`, {
      found: formatDuration(windowMs),
      expected: `${formatDuration(first.windowMs)} as in ${first.path}`,
    });
  }
}
