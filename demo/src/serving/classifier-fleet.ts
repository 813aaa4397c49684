/** All replicas of classifiers while the demo runs: each tells of a window when it is over, and again when its labels have come. */
import type { Cluster } from "../model/cluster.ts";
import { FaultBook } from "../model/fault-book.ts";
import type { PlantedFault } from "../model/faults.ts";
import { fraudWindow } from "./fraud-model.ts";
import { labelledBody, type ObservationBody, observedBody } from "./observation-body.ts";
import { type ServedModel, servedModels } from "./served-models.ts";

/** Labels of a window come so long after it. */
export const LABELS_AFTER_MS = 120_000;

export type ClassifierFleetOptions = {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly faults: readonly PlantedFault[];
  readonly startMs: number;
  readonly windowMs: number;
  readonly send: (key: string, body: ObservationBody) => void;
};

export class ClassifierFleet {
  readonly #options: ClassifierFleetOptions;
  readonly #models: readonly ServedModel[];
  readonly #book: FaultBook;
  /** End of the newest window that was told of, and of the newest whose labels were. */
  #observedMs: number;
  #labelledMs: number;

  constructor(options: ClassifierFleetOptions) {
    const { cluster, startMs, windowMs } = options;
    this.#options = options;
    this.#models = servedModels(cluster).filter(({ serves }) => serves === "classifier");
    this.#book = new FaultBook(cluster, options.faults);
    this.#observedMs = Math.floor(startMs / windowMs) * windowMs;
    this.#labelledMs = this.#observedMs;
  }

  plant(fault: PlantedFault): void {
    this.#book.plant(fault);
  }

  advance(nowMs: number): void {
    const { windowMs } = this.#options;
    for (let untilMs = this.#observedMs + windowMs; untilMs <= nowMs; untilMs += windowMs) {
      this.#tell(untilMs, "observed", observedBody);
      this.#observedMs = untilMs;
    }
    for (let untilMs = this.#labelledMs + windowMs; untilMs + LABELS_AFTER_MS <= nowMs; untilMs += windowMs) {
      this.#tell(untilMs, "labelled", labelledBody);
      this.#labelledMs = untilMs;
    }
  }

  #tell(untilMs: number, what: string, bodyOf: typeof observedBody): void {
    const { seed, windowMs, send } = this.#options;
    const window = { sinceMs: untilMs - windowMs, untilMs };
    for (const { name, stream, profile, replicas } of this.#models) {
      const effect = this.#book.effectOnModel(name, untilMs - windowMs / 2);
      for (const [replica, { pod }] of replicas.entries()) {
        const seen = fraudWindow({ seed, stream, replica, profile }, window.sinceMs, untilMs, effect);
        send(`${pod}/${seen.version}/${window.sinceMs}/${untilMs}/${what}`, bodyOf({ model: name, pod }, window, seen));
      }
    }
  }
}
