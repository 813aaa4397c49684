/** Workers that take longer than those who do the same for other replicas, and hold up the step by it. */
import { madSigma, median } from "../stats/median.ts";
import { studentUpperQuantile } from "../stats/upper-tail.ts";
import { type Excess, excessOf, isPersistent } from "./persistent-excess.ts";
import type { WhatIf } from "./what-if.ts";
import { logRatios, type WorkTable } from "./work-table.ts";

export type SlowWorker = {
  /** Index into the trace's workers. */
  readonly worker: number;
  readonly excess: Excess;
  readonly peers: readonly number[];
  /** Step time / step time if this worker took as long as its peers. */
  readonly slowdown: number;
  /** Share of what it takes longer that lies in gaps before its operations. */
  readonly inGaps: number;
};

/** A replica whose workers are slow on every stage: more work, not a slow machine on each. */
export type SlowReplica = {
  readonly dpRank: number;
  readonly workers: readonly SlowWorker[];
  readonly slowdown: number;
};

export type SlowWorkers = { readonly workers: readonly SlowWorker[]; readonly replicas: readonly SlowReplica[] };

/** The impact gate: nobody is named who delays the step by less. */
export const leastSlowdown = 1.01;
/** Against this many peers and more, their spread among one another counts too. */
const fewPeers = 3;
const leastZ = 4;
/** That chance names a worker or a replica of a trace. */
const chance = 0.01;
/** A MAD holds this share of what a standard deviation knows. */
const madInformation = 0.37;
/** Of a replica's stages that must be slow before it is the replica. */
const replicaShare = 0.8;
/** Of a worker's excess in gaps: then the host is what holds it up. */
export const mostly = 0.5;
/** Workers replayed one by one; beyond, the costliest would be among those slowest anyway. */
const maxReplayed = 64;

export function slowWorkers(whatIf: WhatIf, work: WorkTable): SlowWorkers {
  const { trace } = whatIf;
  const steps = trace.steps.length;
  const peersOf = peersByWorker(whatIf);
  const ratios = trace.workers.map((_, worker) => logRatios(work.self, steps, worker, peersOf[worker]!));
  const excess = ratios.map(excessOf);
  const level = excess.map(({ score }) => Math.log(score));
  const persistent = trace.workers
    .map((_, worker) => worker)
    .filter((worker) => isPersistent(excess[worker]!) && standsOut(level, worker, peersOf[worker]!))
    .sort((a, b) => excess[b]!.score - excess[a]!.score);
  const replicas = wholeReplicas(
    whatIf,
    persistent.filter((worker) => surely(excess[worker]!, trace.workers.length)),
  );
  const candidates = persistent.filter((worker) => isOwn(whatIf, ratios, worker, excess[worker]!));
  const inReplica = new Set(replicas.flatMap((dpRank) => workersOf(whatIf, dpRank)));
  const measured = (worker: number): SlowWorker => {
    const inGaps = shareInGaps(work, steps, worker, peersOf[worker]!);
    const slowdown = slowdownAsPeers(whatIf, [worker], peersOf, inGaps > mostly);
    return { worker, excess: excess[worker]!, peers: peersOf[worker]!, slowdown, inGaps };
  };
  return {
    workers: candidates
      .filter((worker) => !inReplica.has(worker))
      .slice(0, maxReplayed)
      .map(measured)
      .filter(({ slowdown }) => slowdown >= leastSlowdown),
    replicas: replicas
      .map((dpRank) => ({
        dpRank,
        workers: persistent.filter((worker) => trace.workers[worker]!.dpRank === dpRank).map(measured),
        slowdown: slowdownAsPeers(whatIf, workersOf(whatIf, dpRank), peersOf, false),
      }))
      .filter(({ slowdown }) => slowdown >= leastSlowdown),
  };
}

/**
 * Beyond what its replica shares in the same steps: its batches are the same on all stages, and long ones are no worker's
 * fault. With one stage nothing tells them apart but their constancy.
 */
function isOwn({ trace }: WhatIf, ratios: readonly Float64Array[], worker: number, excess: Excess): boolean {
  const { dpRank, stage } = trace.workers[worker]!;
  const others = trace.workers.flatMap((each, other) =>
    each.dpRank === dpRank && each.stage !== stage ? [other] : [],
  );
  if (others.length === 0) return surely(excess, trace.workers.length);
  const beyond = ratios[worker]!.map((value, step) => value - median(others.map((other) => ratios[other]![step]!)));
  return isPersistent(excessOf(beyond));
}

/** Not by chance, of so many that were looked at and so few steps. */
function surely({ z, steps }: Excess, workers: number): boolean {
  return z >= studentUpperQuantile(chance / workers, madInformation * (steps - 1));
}

function peersByWorker({ trace }: WhatIf): number[][] {
  const byStage = new Map<number, number[]>();
  for (const [worker, { stage }] of trace.workers.entries())
    byStage.set(stage, [...(byStage.get(stage) ?? []), worker]);
  return trace.workers.map(({ stage }, worker) => byStage.get(stage)!.filter((other) => other !== worker));
}

function standsOut(level: readonly number[], worker: number, peers: readonly number[]): boolean {
  if (peers.length < fewPeers) return true;
  const others = peers.map((peer) => level[peer]!);
  const middle = median(others);
  const scale = Math.max(0.01, madSigma(others, middle));
  return (level[worker]! - middle) / scale >= leastZ;
}

function workersOf({ trace }: WhatIf, dpRank: number): number[] {
  return trace.workers.flatMap((each, worker) => (each.dpRank === dpRank ? [worker] : []));
}

function wholeReplicas(whatIf: WhatIf, candidates: readonly number[]): number[] {
  const { trace } = whatIf;
  if (trace.stages < 2) return [];
  const slow = new Set(candidates);
  return Array.from({ length: trace.dpSize }, (_, dpRank) => dpRank).filter((dpRank) => {
    const workers = workersOf(whatIf, dpRank);
    return workers.length >= 2 && workers.filter((worker) => slow.has(worker)).length >= replicaShare * workers.length;
  });
}

/**
 * Mean step time over the same with the operations that these workers do alone as long as their peers' same ones. Gaps before
 * operations are replayed only where they are what is asked for: elsewhere they hide in the waiting that they come from.
 */
function slowdownAsPeers(
  whatIf: WhatIf,
  workers: readonly number[],
  peersOf: readonly (readonly number[])[],
  withGaps: boolean,
): number {
  const { recorded, delay } = whatIf;
  const asPeers = { seconds: recorded.slice(), delay: delay.slice() };
  for (const worker of workers) takePeersTimes(whatIf, worker, peersOf[worker]!, asPeers);
  if (withGaps) return whatIf.stepTime({ seconds: recorded, delay }) / whatIf.stepTime(asPeers);
  return whatIf.stepTime({ seconds: recorded }) / whatIf.stepTime({ seconds: asPeers.seconds });
}

function takePeersTimes(
  { trace, graph, recorded, delay, workerSteps }: WhatIf,
  worker: number,
  peers: readonly number[],
  asPeers: { readonly seconds: Float64Array; readonly delay: Float64Array },
): void {
  const same = (row: number) => `${trace.step[row]}/${trace.optype[row]}/${trace.seq[row]}`;
  const isPeer = new Set(peers);
  const peerRows = new Map<string, number[]>();
  for (const own of workerSteps) {
    if (!isPeer.has(own.worker)) continue;
    for (const row of own.rows) {
      const known = peerRows.get(same(row));
      if (known) known.push(row);
      else peerRows.set(same(row), [row]);
    }
  }
  for (const row of workerSteps.flatMap((own) => (own.worker === worker ? own.rows : []))) {
    const others = peerRows.get(same(row));
    if (others === undefined) continue;
    asPeers.delay[row] = median(others.map((other) => delay[other]!));
    if (graph.group[row]! < 0) asPeers.seconds[row] = median(others.map((other) => recorded[other]!));
  }
}

function shareInGaps({ self, gaps }: WorkTable, steps: number, worker: number, peers: readonly number[]): number {
  const middle = (values: Float64Array, each: number) => median(values.subarray(each * steps, (each + 1) * steps));
  const excess = (values: Float64Array) => middle(values, worker) - median(peers.map((peer) => middle(values, peer)));
  return Math.min(1, Math.max(0, excess(gaps) / excess(self)));
}
