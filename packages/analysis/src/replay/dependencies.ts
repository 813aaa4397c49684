/**
 * The dependencies of a step of pipeline-parallel training, from the recorded order of each worker:
 * computes follow one another; a send follows its compute, a compute its receive; parameters are gathered before their first
 * forward; gradients are reduced after their last backward; what ends the step follows in recorded order. Sends wait for
 * receives, collectives for all their members.
 */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { type Direction, roleOf } from "./optype-role.ts";
import { computeOf, sameMomentS, TransferPairs } from "./pair-transfers.ts";
import { GraphBuilder, type ReplayGraph } from "./replay-graph.ts";
import { endS, type WorkerStep } from "./worker-step.ts";

const directions: readonly Direction[] = ["forward", "backward"];

export function dependenciesOf(trace: StepTrace, steps: readonly WorkerStep[]): ReplayGraph {
  const building = new GraphBuilder(trace.length);
  const groups = new Map<string, number[]>();
  const pipelines = new Map<string, TransferPairs>();
  const lanes = lanesOf(trace);
  for (const own of steps) {
    const { dpRank, stage } = trace.workers[own.worker]!;
    const lane = lanes[own.worker]!;
    chain(building, own.compute);
    const pairs = entry(pipelines, `${own.step}/${dpRank}/${lane}`, () => new TransferPairs(trace));
    for (const direction of directions) pointToPoint(building, trace, own, direction, pairs);
    besideCompute(building, trace, own);
    tail(building, trace, own);
    for (const [row, key] of collectiveKeys(trace, own, { dpRank, stage, lane }))
      entry(groups, key, () => []).push(row);
  }
  for (const members of groups.values()) building.endTogether(members);
  pairUp(building, steps, pipelines);
  return building.finish();
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Workers of the same replica and stage, told apart by their order: pipelines run side by side between them. */
function lanesOf({ workers }: StepTrace): number[] {
  const seen = new Map<string, number>();
  return workers.map(({ dpRank, stage }) => {
    const place = `${dpRank}/${stage}`;
    const lane = seen.get(place) ?? 0;
    seen.set(place, lane + 1);
    return lane;
  });
}

function chain(building: GraphBuilder, rows: readonly number[]): void {
  for (let i = 1; i < rows.length; i++) building.waits(rows[i]!, rows[i - 1]!);
}

function pointToPoint(
  building: GraphBuilder,
  trace: StepTrace,
  own: WorkerStep,
  direction: Direction,
  pairs: TransferPairs,
): void {
  const matched = computeOf(trace, own, direction);
  pairs.add(own, direction, matched);
  chain(building, own.sends[direction]);
  chain(building, own.receives[direction]);
  for (const [send, compute] of matched.sends) building.waits(send, compute);
  const before = new Map(own[direction].slice(1).map((row, place) => [row, own[direction][place]!]));
  for (const [receive, compute] of matched.receives) {
    building.waits(compute, receive);
    const previous = before.get(compute);
    if (previous !== undefined) building.waits(receive, previous);
  }
  const first = own.receives.backward[0];
  if (direction === "backward" && first !== undefined) waitsForWarmUp(building, own, first);
}

/** The first gradient is asked for once the forward before the last of the warm-up is over. */
function waitsForWarmUp(building: GraphBuilder, own: WorkerStep, receive: number): void {
  const firstBackward = own.compute.indexOf(own.backward[0]!);
  if (firstBackward >= 2) building.waits(receive, own.compute[firstBackward - 2]!);
}

function besideCompute(building: GraphBuilder, trace: StepTrace, own: WorkerStep): void {
  chain(building, own.beside);
  const ofChunk = (row: number, computes: readonly number[]) => {
    const chunk = trace.modelChunk[row]!;
    return chunk < 0 ? computes : computes.filter((compute) => trace.modelChunk[compute] === chunk);
  };
  for (const row of own.beside) {
    const role = roleOf(trace.optypes[trace.optype[row]!]!);
    if (role.kind !== "collective") continue;
    if (role.gathersParameters) {
      const first = ofChunk(row, own.forward)[0];
      if (first !== undefined && trace.startS[row]! <= trace.startS[first]!) building.waits(first, row);
    } else {
      const isOver = (compute: number) => endS(trace, compute) <= trace.startS[row]! + sameMomentS;
      const last = ofChunk(row, own.backward).findLast(isOver) ?? own.backward.findLast(isOver);
      if (last !== undefined) building.waits(row, last);
    }
  }
}

/** Each operation waits for those that were over when it began, back to the ones that these waited for themselves. */
function tail(building: GraphBuilder, trace: StepTrace, own: WorkerStep): void {
  const earlier = [...own.beside, ...own.tail].sort((a, b) => trace.startS[a]! - trace.startS[b]!);
  const lastCompute = own.compute.at(-1);
  for (const row of own.tail) {
    if (lastCompute !== undefined) building.waits(row, lastCompute);
    let covered = Number.NEGATIVE_INFINITY;
    for (let i = earlier.indexOf(row) - 1; i >= 0 && endS(trace, earlier[i]!) > covered; i--) {
      const before = earlier[i]!;
      if (endS(trace, before) > trace.startS[row]! + sameMomentS) continue;
      building.waits(row, before);
      covered = Math.max(covered, trace.startS[before]!);
    }
  }
}

function collectiveKeys(
  trace: StepTrace,
  own: WorkerStep,
  { dpRank, stage, lane }: { dpRank: number; stage: number; lane: number },
): [row: number, key: string][] {
  const counted = new Map<number, number>();
  return own.rows.flatMap((row): [number, string][] => {
    const optype = trace.optype[row]!;
    const role = roleOf(trace.optypes[optype]!);
    if (role.kind !== "collective") return [];
    const place = counted.get(optype) ?? 0;
    counted.set(optype, place + 1);
    const among = { replicas: `stage ${stage}/${lane}`, stages: `replica ${dpRank}/${lane}`, all: "all" }[role.among];
    const seq = trace.seq[row]! >= 0 ? trace.seq[row]! : place;
    return [[row, `${own.step}/${optype}/${seq}/${among}`]];
  });
}

/** Operations that nothing recorded meets (the far end is not in the trace, or they never ran) end by themselves. */
function pairUp(
  building: GraphBuilder,
  steps: readonly WorkerStep[],
  pipelines: ReadonlyMap<string, TransferPairs>,
): void {
  const paired = new Set<number>();
  for (const pairs of pipelines.values()) {
    for (const pair of pairs.pairs()) {
      building.endTogether(pair);
      for (const row of pair) paired.add(row);
    }
  }
  for (const own of steps)
    for (const direction of directions)
      for (const row of [...own.sends[direction], ...own.receives[direction]])
        if (!paired.has(row)) building.endTogether([row]);
}
