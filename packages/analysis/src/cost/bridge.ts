/**
 * The cost bridge: what moved the cost of an inference from one window to the next, in parts that add up exactly.
 * C = price x idle x waste x effort x mix, split by logarithmic mean weights (LMDI-I, Ang 2005): the part of factor x is
 * L(C1, C0) ln(x1 / x0), L(a, b) = (a - b) / ln(a / b). Of several models each one's share in all inferences is a factor more.
 */
import { CompensatedSum, sumOf } from "./compensated-sum.ts";

/** Of one model in one window. */
export type CostFacts = {
  readonly cost: number;
  readonly allocatedGpuHours: number;
  /** While it computed. */
  readonly activeGpuHours: number;
  /** Of the active hours those that the work would have taken at the peers' pace, as far as evidence tells where the rest went. */
  readonly usefulGpuHours: number;
  /** In units that cost alike: tokens, weighted, or steps. */
  readonly work: number;
  readonly inferences: number;
};

export const bridgeParts = ["price", "idle", "waste", "effort", "mix"] as const;
export type BridgePart = (typeof bridgeParts)[number];

/** In money per inference. */
export type BridgeParts = Readonly<Record<BridgePart, number>>;

export type Bridge = {
  readonly before: number;
  readonly after: number;
  readonly parts: BridgeParts;
};

/**
 * price: money a GPU-hour. idle: allocated over active hours. waste: active over useful hours. effort: useful GPU-seconds a unit
 * of work. mix: work an inference. Undefined where one of them has no value: without inferences there is no cost of one.
 */
export function factorsOf(facts: CostFacts): BridgeParts | undefined {
  const { cost, allocatedGpuHours, activeGpuHours, usefulGpuHours, work, inferences } = facts;
  const factors = {
    price: cost / allocatedGpuHours,
    idle: allocatedGpuHours / activeGpuHours,
    waste: activeGpuHours / usefulGpuHours,
    effort: (usefulGpuHours * 3600) / work,
    mix: work / inferences,
  };
  return Object.values(factors).every((factor) => Number.isFinite(factor) && factor > 0) ? factors : undefined;
}

/** Undefined where one of the windows has no cost per inference. The parts add up to after - before. */
export function costBridge(before: CostFacts, after: CostFacts): Bridge | undefined {
  const [x0, x1] = [factorsOf(before), factorsOf(after)];
  if (x0 === undefined || x1 === undefined) return undefined;
  const start = before.cost / before.inferences;
  const logs = logRatios(x0, x1);
  const weight = logMean(start, sumOf(Object.values(logs)));
  return { before: start, after: after.cost / after.inferences, parts: scaled(logs, weight) };
}

export type ModelWindows = {
  readonly model: string;
  /** Absent where the model had no inferences in the window. */
  readonly before?: CostFacts;
  readonly after?: CostFacts;
};

export type ModelBridge = {
  readonly model: string;
  /** In money per inference of all models together. */
  readonly parts: BridgeParts;
  /** Of its share in all inferences. */
  readonly share: number;
  /** Of a model that came (more than 0) or went (less). */
  readonly newOrRetired: number;
};

export type FleetBridge = Bridge & {
  readonly share: number;
  readonly newOrRetired: number;
  readonly models: readonly ModelBridge[];
};

/**
 * For all models together: cost per inference is the sum over models of share x cost of one. A model without a value of some
 * factor in a window counts as not there in it; its money is part of that window all the same. Undefined where a window has no inference.
 */
export function fleetBridge(models: readonly ModelWindows[]): FleetBridge | undefined {
  const total = (which: "before" | "after") => sumOf(models.map((each) => each[which]?.inferences ?? 0));
  const [n0, n1] = [total("before"), total("after")];
  if (!(n0 > 0 && n1 > 0)) return undefined;
  const bridges = models.map((each) => modelBridge(each, n0, n1));
  const spent = (which: "before" | "after") => sumOf(models.map((each) => each[which]?.cost ?? 0));
  return {
    before: spent("before") / n0,
    after: spent("after") / n1,
    parts: addedUp(bridges.map(({ parts }) => parts)),
    share: sumOf(bridges.map(({ share }) => share)),
    newOrRetired: sumOf(bridges.map(({ newOrRetired }) => newOrRetired)),
    models: bridges,
  };
}

const noParts: BridgeParts = { price: 0, idle: 0, waste: 0, effort: 0, mix: 0 };

function modelBridge({ model, before, after }: ModelWindows, n0: number, n1: number): ModelBridge {
  const [c0, c1] = [(before?.cost ?? 0) / n0, (after?.cost ?? 0) / n1];
  const x0 = before && factorsOf(before);
  const x1 = after && factorsOf(after);
  if (x0 === undefined || x1 === undefined) return { model, parts: noParts, share: 0, newOrRetired: c1 - c0 };
  const logs = logRatios(x0, x1);
  const share = logRatio(before!.inferences / n0, after!.inferences / n1);
  const weight = logMean(c0, sumOf([share, ...Object.values(logs)]));
  return { model, parts: scaled(logs, weight), share: share * weight, newOrRetired: 0 };
}

function logRatios(x0: BridgeParts, x1: BridgeParts): BridgeParts {
  return mapped((part) => logRatio(x0[part], x1[part]));
}

/** By the distance of the ratio from 1 where the two are close, so that small changes stay exact. */
function logRatio(from: number, to: number): number {
  const change = (to - from) / from;
  return Math.abs(change) < 0.5 ? Math.log1p(change) : Math.log(to / from);
}

/** L(a, b) for b and u = ln(a / b): b (e^u - 1) / u, which loses nothing where a and b are close. */
function logMean(b: number, u: number): number {
  return u === 0 ? b : (b * Math.expm1(u)) / u;
}

function scaled(logs: BridgeParts, weight: number): BridgeParts {
  return mapped((part) => logs[part] * weight);
}

function addedUp(all: readonly BridgeParts[]): BridgeParts {
  return mapped((part) => {
    const sum = new CompensatedSum();
    for (const parts of all) sum.add(parts[part]);
    return sum.value;
  });
}

function mapped(value: (part: BridgePart) => number): BridgeParts {
  return {
    price: value("price"),
    idle: value("idle"),
    waste: value("waste"),
    effort: value("effort"),
    mix: value("mix"),
  };
}
