/** The demo: a simulated cluster served live, and its past written through the log. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LogProducer } from "@lockstep/log/log";
import { backfill } from "./backfill/backfill.ts";
import { ConfigError } from "./config-error.ts";
import { type CountersFile, readCounters } from "./exporter/counters-csv.ts";
import { networkPage } from "./exporter/network-page.ts";
import { startExporter } from "./exporter/server.ts";
import { beginHistory, type Present, resumeHistory } from "./history.ts";
import { type Cluster, describeCluster } from "./model/cluster.ts";
import { DEFAULT_LAYOUT, type Layout } from "./model/layout.ts";
import { LiveSimulation } from "./model/live.ts";
import type { Simulation } from "./model/simulation.ts";
import { DRIFT_WINDOW_MS, prometheusYml } from "./prometheus-yml.ts";
import { weekendDecoys } from "./scenarios/calendar.ts";
import { faultsAtStart, faultsOfNextRound, withoutOtherScenarios } from "./scenarios/planner.ts";
import { plantFaults, readScenario, type Scenario } from "./scenarios/scenario.ts";
import { truthOf } from "./scenarios/truth.ts";
import { ClassifierFleet } from "./serving/classifier-fleet.ts";
import { ObservationSender } from "./serving/observation-sender.ts";
import { modelServers, servedModels } from "./serving/served-models.ts";
import { type DemoState, readState, writeState } from "./state.ts";
import { TrainingFleet } from "./training/fleet.ts";
import { trainingJobs } from "./training/job.ts";
import { TraceFiles } from "./training/trace-files.ts";

export const DEFAULT_SEED = 7;

export type DemoLog = {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
};

export type DemoOptions = {
  /** Folder of everything Lockstep writes; the demo keeps to `demo/` in it. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly scenarioFile: string;
  /** Without it that of the data folder, or the default. */
  readonly seed?: number;
  readonly layout?: Layout;
  /** Where classifiers send what they observe; without it they do not. */
  readonly receiver?: { readonly url: string; readonly token?: string | undefined };
  readonly openProducer: (name: string) => Promise<LogProducer>;
  readonly now: () => number;
  readonly log: DemoLog;
};

export type DemoApp = {
  readonly url: string;
  /** Settles when the past is written; rejects where that failed for good, not when `stop` cut it short. */
  readonly backfilled: Promise<void>;
  stop(): Promise<void>;
};

/** Resolves once the pages are served; back-filling goes on after that. */
export async function startDemo(options: DemoOptions): Promise<DemoApp> {
  const cluster = describeCluster(options.layout ?? DEFAULT_LAYOUT);
  const counters = readCounters();
  const scenario = readScenario(options.scenarioFile, cluster);
  const stateFile = join(options.dataDir, "demo", "state.json");
  const keeper = new StateKeeper(stateFile, options.log);
  const { simulation, state } = present(options, cluster, scenario, stateFile);

  const jobs = trainingJobs(cluster);
  const models = servedModels(cluster);
  let world: World | undefined;
  // First of all the port: a second demo on the same folder ends here, and has changed nothing.
  const exporter = await startExporter({
    cluster,
    counters,
    host: options.host,
    port: options.port,
    values: () => world!.live.at(options.now()),
    modelServers: modelServers(cluster, (replica) => world!.live.servedAt(options.now())[replica]!),
    network: (node) => networkPage(node, keeper.state.seed, keeper.state.faults, options.now()),
    truth: () => [
      ...keeper.state.faults.map((fault) => truthOf(fault, jobs, options.now(), models)),
      ...weekendDecoys(models, options.now()),
    ],
  });

  try {
    world = goLive(options, simulation, scenario, state, keeper);
    const address = `${options.host}:${exporter.port}`;
    const yml = prometheusYml(
      cluster,
      address,
      jobs.map(({ name }) => name),
    );
    writeFileSync(join(options.dataDir, "demo", "prometheus.yml"), yml);
  } catch (error) {
    await exporter.stop();
    throw error;
  }

  const timer = setInterval(() => world?.advance(options.now()), 1000);
  const stopping = new AbortController();
  const backfilled = runBackfills(options, cluster, counters, keeper, stopping.signal);
  // Whoever does not wait for it must not die of it; whoever does still gets the rejection.
  backfilled.catch(() => {});
  const stop = async () => {
    clearInterval(timer);
    stopping.abort(new Error("the demo stops"));
    await Promise.all([world?.close(), exporter.stop(), backfilled.catch(() => {})]);
  };
  return { url: exporter.url, backfilled, stop };
}

function present(options: DemoOptions, cluster: Cluster, scenario: Scenario, stateFile: string): Present {
  const known = readState(stateFile, cluster.gpus.length);
  const nowMs = options.now();
  if (known === undefined) {
    const faults = plantFaults(scenario, "first-start", nowMs);
    return beginHistory(cluster, options.seed ?? DEFAULT_SEED, faults, nowMs);
  }
  if (options.seed !== undefined && options.seed !== known.seed) {
    throw new ConfigError(
      `seed ${options.seed}: this data folder holds a cluster of seed ${known.seed}; use another folder`,
    );
  }
  return resumeHistory(cluster, { ...known, faults: withoutOtherScenarios(scenario, known.faults, nowMs) }, nowMs);
}

/** What goes on while pages are served. */
type World = { readonly live: LiveSimulation; advance(nowMs: number): void; close(): Promise<void> };

/** Runs without a break after the port was opened, so that no request comes before there are values. */
function goLive(
  options: DemoOptions,
  simulation: Simulation,
  scenario: Scenario,
  state: DemoState,
  keeper: StateKeeper,
): World {
  const { cluster } = simulation;
  const startMs = options.now();
  const fresh = faultsAtStart(scenario, state.faults, startMs);
  for (const fault of fresh) simulation.plant(fault);
  keeper.begin({ ...state, faults: [...state.faults, ...fresh] });
  const live = new LiveSimulation(simulation, (snapshot) => keeper.update({ snapshot }));
  live.advance(startMs);
  const files = new TraceFiles(join(options.dataDir, "demo"), cluster, options.log);
  const fleet = new TrainingFleet({
    cluster,
    seed: state.seed,
    faults: keeper.state.faults,
    startMs,
    outputOf: files.outputOf,
    onXid: ({ node, gpu, startMs: atMs }) => files.xid(node, gpu, 79, atMs),
  });
  const { sender, classifiers } = openClassifiers(options, cluster, keeper.state, startMs);
  const advance = (nowMs: number) => {
    live.advance(nowMs);
    const next = faultsOfNextRound(scenario, keeper.state.faults, nowMs);
    for (const fault of next) {
      simulation.plant(fault);
      fleet.plant(fault);
      classifiers?.plant(fault);
    }
    if (next.length > 0) keeper.update({ faults: [...keeper.state.faults, ...next] });
    fleet.advance(nowMs, live.at(nowMs));
    classifiers?.advance(nowMs);
  };
  const close = async () => {
    files.close();
    await sender?.close();
  };
  return { live, advance, close };
}

function openClassifiers(
  { receiver, log }: DemoOptions,
  cluster: Cluster,
  { seed, faults }: DemoState,
  startMs: number,
) {
  if (receiver === undefined) return {};
  const sender = new ObservationSender({ ...receiver, log });
  const send = sender.send.bind(sender);
  const classifiers = new ClassifierFleet({ cluster, seed, faults, startMs, windowMs: DRIFT_WINDOW_MS, send });
  return { sender, classifiers };
}

/** The back-fills that are due, one after another. One that is done is forgotten before the next begins. */
async function runBackfills(
  options: DemoOptions,
  cluster: Cluster,
  counters: CountersFile,
  keeper: StateKeeper,
  signal: AbortSignal,
): Promise<void> {
  if (keeper.state.pending.length === 0) return;
  const producer = await options.openProducer(keeper.state.producer);
  try {
    while (keeper.state.pending.length > 0) {
      const { seed, faults, pending, nextSequence: firstSequence } = keeper.state;
      const segments = pending[0] ?? [];
      const beganMs = performance.now();
      const done = await backfill({ cluster, counters, seed, faults, segments, producer, firstSequence, signal });
      keeper.update({ pending: keeper.state.pending.slice(1), nextSequence: done.nextSequence });
      const seconds = Number(((performance.now() - beganMs) / 1000).toFixed(2));
      options.log.info({ samples: done.samples, seconds }, "back-filled");
    }
  } catch (error) {
    if (signal.aborted) return;
    options.log.warn({ err: error }, "back-fill failed; it goes on at the next start");
    throw error;
  } finally {
    await producer.close();
  }
}

/** The state in memory and on disk. */
class StateKeeper {
  readonly #file: string;
  readonly #log: DemoLog;
  #state: DemoState | undefined;

  constructor(file: string, log: DemoLog) {
    this.#file = file;
    this.#log = log;
  }

  get state(): DemoState {
    if (this.#state === undefined) throw new Error("the state is read before it began");
    return this.#state;
  }

  /** Throws where it cannot be written: nothing may go to the log before its plan is on disk. */
  begin(state: DemoState): void {
    writeState(this.#file, state);
    this.#state = state;
  }

  /** A disk that has filled up later stops nothing: the next start then goes on from an older state. */
  update(change: Partial<DemoState>): void {
    this.#state = { ...this.state, ...change };
    try {
      writeState(this.#file, this.#state);
    } catch (error) {
      this.#log.warn({ err: error, file: this.#file }, "state not written");
    }
  }
}
