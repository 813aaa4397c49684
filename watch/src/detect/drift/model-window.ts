/** One window of a model as it is judged: by version, the features of all replicas together and of each. */
import type { ObservedKind } from "@lockstep/schemas/domain/observed";
import type { DriftCellsRow } from "@lockstep/schemas/queries/drift-cells";
import { type Summed, summed, summedOf } from "./stored-cells.ts";

export type WindowFeature = {
  readonly kind: ObservedKind;
  readonly feature: string;
  readonly all: Summed;
  readonly replicas: ReadonlyMap<string, Summed>;
};

export type ModelWindow = {
  readonly model: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** By version, and by featureKey. */
  readonly versions: ReadonlyMap<string, ReadonlyMap<string, WindowFeature>>;
};

export function featureKey(kind: string, feature: string): string {
  return `${kind} ${feature}`;
}

/** Gives them oldest first. */
export function modelWindows(rows: readonly DriftCellsRow[]): ModelWindow[] {
  const windows = Map.groupBy(rows, ({ model, sinceAt, untilAt }) => JSON.stringify([model, sinceAt, untilAt]));
  return [...windows.values()]
    .map((ofWindow) => {
      const { model, sinceAt, untilAt } = ofWindow[0]!;
      const versions = [...Map.groupBy(ofWindow, ({ version }) => version)].map(
        ([version, ofVersion]) => [version, featuresOf(ofVersion)] as const,
      );
      return { model, sinceMs: sinceAt, untilMs: untilAt, versions: new Map(versions) };
    })
    .sort((a, b) => a.untilMs - b.untilMs || a.sinceMs - b.sinceMs);
}

function featuresOf(rows: readonly DriftCellsRow[]): Map<string, WindowFeature> {
  const features = Map.groupBy(rows, ({ kind, feature }) => featureKey(kind, feature));
  return new Map(
    [...features].map(([key, ofFeature]) => {
      const { kind, feature } = ofFeature[0]!;
      const byReplica = Map.groupBy(ofFeature, ({ replica }) => replica);
      const replicas = new Map([...byReplica].map(([replica, its]) => [replica, summed(its.map(summedOf))]));
      return [key, { kind: kind as ObservedKind, feature, all: summed([...replicas.values()]), replicas }];
    }),
  );
}
