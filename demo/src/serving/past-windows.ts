/** The past of served models as blocks of histograms: along with a segment's samples, and the weeks before those begin. */
import type { StoredObserved } from "@lockstep/analysis/drift/stored-observed";
import { encodeRows } from "@lockstep/formats/native";
import type { OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import type { Cluster } from "../model/cluster.ts";
import { FaultBook } from "../model/fault-book.ts";
import type { PlantedFault } from "../model/faults.ts";
import { demandShare } from "../model/load.ts";
import { DRIFT_WINDOW_MS } from "../prometheus-yml.ts";
import { CHAT_PLACES, ChatReplica } from "./chat-replica.ts";
import { fraudWindow } from "./fraud-model.ts";
import { type ServedModel, type ServingFleet, servedModels } from "./served-models.ts";
import { chatRows, fraudRows, type Window } from "./window-rows.ts";

const DAY_MS = 86_400_000;
/** A season is an hour of the week, and wants some of the same: so far back goes what models saw. */
export const SEASONS_MS = 28 * DAY_MS;
const OLD_WINDOW_MS = 1_200_000;
const WINDOW_MS = 600_000;

/** Follows a segment tick by tick and gathers its windows of ten minutes. */
export class WindowGatherer {
  readonly #models: readonly ServedModel[];
  readonly #book: FaultBook;
  readonly #seed: number;
  readonly #fleet: ServingFleet;
  /** Windows of model servers are derived from their samples where those are fine enough. */
  readonly #withServers: boolean;
  readonly #before: Float64Array[];
  #sinceMs: number;
  #rows: StoredObserved[] = [];

  constructor(options: {
    readonly cluster: Cluster;
    readonly seed: number;
    readonly faults: readonly PlantedFault[];
    readonly fleet: ServingFleet;
    readonly fromMs: number;
    readonly withServers: boolean;
  }) {
    this.#models = servedModels(options.cluster);
    this.#book = new FaultBook(options.cluster, options.faults);
    this.#seed = options.seed;
    this.#fleet = options.fleet;
    this.#withServers = options.withServers;
    this.#sinceMs = options.fromMs;
    this.#before = options.fleet.replicas.map(({ values }) => values.slice());
  }

  /** The fleet stands at `tickMs`. */
  tick(tickMs: number): void {
    if (tickMs % WINDOW_MS === 0 && tickMs > this.#sinceMs) this.#close(tickMs);
  }

  /** The segment ends at `tickMs`: what is left of a window goes as far as live windows do not. */
  end(tickMs: number): void {
    const untilMs = Math.floor(tickMs / DRIFT_WINDOW_MS) * DRIFT_WINDOW_MS;
    if (untilMs > this.#sinceMs) this.#close(untilMs);
  }

  /** Rows since the last call, as a block; undefined where there are none. */
  take(): OutgoingBlock | undefined {
    const rows = this.#rows;
    this.#rows = [];
    return rows.length === 0 ? undefined : blockOf(rows);
  }

  /** Before a segment whose first moments are not written: nothing of them is. */
  restart(fromMs: number): void {
    this.#sinceMs = fromMs;
    for (const [i, { values }] of this.#fleet.replicas.entries()) this.#before[i]!.set(values);
  }

  #close(untilMs: number): void {
    const window = { sinceMs: this.#sinceMs, untilMs };
    let next = 0;
    for (const model of this.#models) {
      if (model.serves === "classifier") {
        this.#rows.push(...classifierRows(model, window, this.#seed, this.#book));
        continue;
      }
      for (const { pod } of model.replicas) {
        const { values } = this.#fleet.replicas[next]!;
        const before = this.#before[next++]!;
        if (this.#withServers) this.#rows.push(...chatRows({ model: model.name, pod }, window, before, values));
      }
    }
    this.restart(untilMs);
  }
}

function classifierRows(model: ServedModel, window: Window, seed: number, book: FaultBook): StoredObserved[] {
  const { name, stream, profile, replicas } = model;
  const effect = book.effectOnModel(name, (window.sinceMs + window.untilMs) / 2);
  return replicas.flatMap(({ pod }, replica) => {
    const seen = fraudWindow({ seed, stream, replica, profile }, window.sinceMs, window.untilMs, effect);
    return fraudRows({ model: name, pod }, window, seen);
  });
}

/** The weeks before `untilMs`, when nothing was wrong: a block a day, the newest first. */
export function* weeksBefore(
  cluster: Cluster,
  seed: number,
  untilMs: number,
  weeksMs: number,
): Generator<OutgoingBlock> {
  const models = servedModels(cluster);
  if (models.length === 0) return;
  const book = new FaultBook(cluster);
  const firstDay = Math.floor((untilMs - weeksMs) / DAY_MS);
  for (let day = Math.floor((untilMs - 1) / DAY_MS); day >= firstDay; day--) {
    const rows: StoredObserved[] = [];
    const endMs = Math.min(untilMs, (day + 1) * DAY_MS);
    for (let sinceMs = day * DAY_MS; sinceMs + OLD_WINDOW_MS <= endMs; sinceMs += OLD_WINDOW_MS) {
      const window = { sinceMs, untilMs: sinceMs + OLD_WINDOW_MS };
      for (const model of models) rows.push(...quietRows(model, window, seed, book));
    }
    if (rows.length > 0) yield blockOf(rows);
  }
}

/** What all replicas of a model saw in a window in which nothing was wrong with their GPUs. */
export function quietRows(model: ServedModel, window: Window, seed: number, book: FaultBook): StoredObserved[] {
  return model.serves === "classifier"
    ? classifierRows(model, window, seed, book)
    : serverRows(model, window, seed, book);
}

function serverRows(model: ServedModel, window: Window, seed: number, book: FaultBook): StoredObserved[] {
  const { name, profile, stream, replicas } = model;
  const effect = book.effectOnModel(name, (window.sinceMs + window.untilMs) / 2);
  const load = demandShare(profile, seed, stream, (window.sinceMs + window.untilMs) / 2);
  const before = new Float64Array(CHAT_PLACES.values);
  return replicas.flatMap(({ pod }, replica) => {
    const server = new ChatReplica(seed, stream, replica);
    const seconds = (window.untilMs - window.sinceMs) / 1000;
    server.advance(window.untilMs, seconds, { effect, load, pace: 1, part: 1 });
    return chatRows({ model: name, pod }, window, before, server.values);
  });
}

function blockOf(rows: readonly StoredObserved[]): OutgoingBlock {
  const { histograms } = BLOCK_TABLES;
  return { table: "histograms", version: histograms.version, rows: rows.length, block: encodeRows(histograms, rows) };
}
