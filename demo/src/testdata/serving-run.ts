/** Served models in virtual time: the windows in which a scenario is judged, and those of the weeks before. */
import { fromStored } from "@lockstep/analysis/drift/stored-observed";
import type { Observed } from "@lockstep/schemas/domain/observed";
import { describeCluster } from "../model/cluster.ts";
import { FaultBook } from "../model/fault-book.ts";
import type { PlantedFault } from "../model/faults.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { Simulation } from "../model/simulation.ts";
import { fraudWindow } from "../serving/fraud-model.ts";
import { quietRows } from "../serving/past-windows.ts";
import { type ServedModel, servedModels } from "../serving/served-models.ts";
import { chatRows, fraudRows, type Window } from "../serving/window-rows.ts";

export const cluster = describeCluster(DEFAULT_LAYOUT);
export const models = servedModels(cluster);

const WEEK_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

/** What a model's replicas observed in one window. */
export type ObservedWindow = Window & { readonly observed: readonly Observed[] };

export function modelOf(name: string): ServedModel {
  const model = models.find((each) => each.name === name);
  if (model === undefined) throw new Error(`no served model ${name}`);
  return model;
}

/** Windows of `windowMs` from `fromMs` on, of the pages (or posts) of the model's replicas, with all GPUs simulated. */
export function liveWindows(
  name: string,
  { seed, faults, fromMs, untilMs, windowMs }: RunOptions & { readonly untilMs: number; readonly windowMs: number },
): ObservedWindow[] {
  const model = modelOf(name);
  const simulation = new Simulation(cluster, seed, faults, fromMs - 600_000);
  simulation.step(fromMs);
  const book = new FaultBook(cluster, faults);
  const { replicas } = simulation.serving;
  const windows: ObservedWindow[] = [];
  for (let sinceMs = fromMs; sinceMs + windowMs <= untilMs; sinceMs += windowMs) {
    const window = { sinceMs, untilMs: sinceMs + windowMs };
    const before = replicas.map(({ values }) => values.slice());
    for (let tickMs = sinceMs + 15_000; tickMs <= window.untilMs; tickMs += 15_000) simulation.step(tickMs);
    const rows = model.replicas.flatMap(({ pod }, replica) => {
      const of = { model: name, pod };
      if (model.serves === "vllm") return chatRows(of, window, before[replica]!, replicas[replica]!.values);
      const effect = book.effectOnModel(name, sinceMs + windowMs / 2);
      const own = { seed, stream: model.stream, replica, profile: model.profile };
      return fraudRows(of, window, fraudWindow(own, sinceMs, window.untilMs, effect));
    });
    windows.push({ ...window, observed: rows.map(fromStored) });
  }
  return windows;
}

type RunOptions = { readonly seed: number; readonly faults: readonly PlantedFault[]; readonly fromMs: number };

/** Windows of 20 minutes of the same hour of the week in the four weeks before, as the back-fill has them. */
export function seasonWindows(name: string, seed: number, atMs: number): ObservedWindow[] {
  const model = modelOf(name);
  const book = new FaultBook(cluster);
  const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
  return [1, 2, 3, 4].flatMap((weeks) =>
    [0, 1, 2].map((third): ObservedWindow => {
      const sinceMs = hourMs - weeks * WEEK_MS + (third * HOUR_MS) / 3;
      const window = { sinceMs, untilMs: sinceMs + HOUR_MS / 3 };
      return { ...window, observed: quietRows(model, window, seed, book).map(fromStored) };
    }),
  );
}
