/** How models are judged, as the configuration says it; plain values, which cross from one thread to another. */
import type { ModelSource } from "@lockstep/config/config";
import { modelDefaults } from "@lockstep/config/models-section";
import type { DriftBaseline } from "@lockstep/schemas/domain/drift-finding";
import type { WindowGrid } from "@lockstep/schemas/queries/drift-window-key";

export type ModelSettings = {
  readonly windowMs: number;
  /** A score from here on is class 1. */
  readonly decision: number;
  readonly baselines: readonly DriftBaseline[];
};

/** Models that the configuration does not name are judged as all others are. */
export const usualSettings: ModelSettings = {
  windowMs: modelDefaults.windowMs,
  decision: modelDefaults.decision,
  baselines: ["training", "season", "version", "replicas"],
};

export type SettingsByModel = ReadonlyMap<string, ModelSettings>;

/** `found`: models that a source found under its label, which have its settings. */
export function settingsOf(
  sources: readonly ModelSource[],
  found: ReadonlyMap<ModelSource, ReadonlySet<string>>,
): Map<string, ModelSettings> {
  const settings = new Map<string, ModelSettings>();
  for (const source of sources) {
    const { windowMs, decision, baselines } = source;
    const names = source.model === undefined ? (found.get(source) ?? []) : [source.model];
    for (const name of names) if (!settings.has(name)) settings.set(name, { windowMs, decision, baselines });
  }
  return settings;
}

export function settingsFor(settings: SettingsByModel, model: string): ModelSettings {
  return settings.get(model) ?? usualSettings;
}

export function gridOf(settings: SettingsByModel): WindowGrid {
  const grids = [...settings]
    .filter(([, { windowMs }]) => windowMs !== usualSettings.windowMs)
    .map(([model, { windowMs }]) => ({ model, windowMs }));
  return { grids, usualMs: usualSettings.windowMs };
}
