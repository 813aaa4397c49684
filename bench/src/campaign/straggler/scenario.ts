/** A job as the seed draws it: its noise, its clocks, what is not heard of it, its decoys, and its fault if it is to have one. */
import { drawFault, type Fault, type FaultKind } from "./fault.ts";
import { type Groups, groupsOf, type Layout, rankCount, stageOf } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { Random } from "./random.ts";

export type Scenario = {
  readonly seed: number;
  readonly layout: Layout;
  readonly groups: Groups;
  readonly computeCv: number;
  readonly sequenceCv: number;
  /** By rank: lasting factor of its compute time. */
  readonly pace: Float64Array;
  /** By group: lasting factor of its transfers. */
  readonly transferPace: Float64Array;
  /** By rank: microseconds that its clock is ahead, and clock seconds in a second. */
  readonly skewUs: Float64Array;
  readonly clockRate: Float64Array;
  /** By rank: 1 where its records arrive. */
  readonly heard: Uint8Array;
  readonly decoys: Decoys;
  readonly fault: Fault | undefined;
};

export type Decoys = {
  /** Share of the pipeline's bubble that a rank of the last stage fills with work of its own. */
  readonly slack: { readonly rank: number; readonly bubbleShare: number } | undefined;
  readonly spikeRank: number | undefined;
  readonly pauses: boolean;
  readonly slightlySlow: { readonly rank: number; readonly excess: number } | undefined;
  readonly unevenStages: boolean;
  readonly hotRank: number | undefined;
  readonly xidRank: number | undefined;
  readonly powerCap: boolean;
};

/** A job with a fault has half as many decoys: enough to mislead, and the fault stays what the figures are about. */
const decoysBesideFault = 0.5;

export type Wanted = {
  readonly layout: Layout;
  readonly seed: number;
  readonly sequenceCv: number;
  readonly fault?: { readonly kind: FaultKind; readonly severity: number };
};

/** Undefined where the layout has no place for the fault. */
export function drawScenario({ layout, seed, sequenceCv, fault: wanted }: Wanted): Scenario | undefined {
  const groups = groupsOf(layout);
  const fault = wanted && drawFault(wanted.kind, wanted.severity, layout, groups, new Random(seed, "fault"));
  if (wanted && !fault) return undefined;
  const random = new Random(seed, "job");
  const count = rankCount(layout);
  const { compute, communication, clocks, recording } = parameters;
  const computeCv = random.between(compute.cv);
  const decoys = drawDecoys(layout, new Random(seed, "decoys"), wanted ? decoysBesideFault : 1);
  const pace = lasting(random, count, compute);
  applyPace(layout, decoys, pace, new Random(seed, "stages"));
  const transferPace = lasting(random, groups.all.length, communication);
  const either = (limit: number) => limit * (2 * random.uniform() - 1);
  const skewUs = Float64Array.from({ length: count }, () => either(clocks.skewSeconds * 1e6));
  const clockRate = Float64Array.from({ length: count }, () => 1 + either(clocks.driftPpm * 1e-6));
  const missing = random.chance(recording.missingRanksChance) ? recording.missingRanks : 0;
  const heard = Uint8Array.from({ length: count }, () => (random.chance(missing) ? 0 : 1));
  // Nobody can name a rank that was never heard of; what is asked then is another question.
  if (fault && fault.ranks.length === 1) heard[fault.ranks[0]!] = 1;
  return {
    seed,
    layout,
    groups,
    computeCv,
    sequenceCv,
    pace,
    transferPace,
    skewUs,
    clockRate,
    heard,
    decoys,
    fault: fault || undefined,
  };
}

function lasting(
  random: Random,
  length: number,
  { lastingCv, lastingLimit }: { readonly lastingCv: number; readonly lastingLimit: number },
): Float64Array {
  return Float64Array.from({ length }, () =>
    Math.exp(Math.max(-lastingLimit, Math.min(lastingLimit, lastingCv * random.normal()))),
  );
}

function drawDecoys(layout: Layout, random: Random, factor: number): Decoys {
  const { slack, spike, pause, slightlySlow, unevenStages, hotGpu, applicationXid, powerCap } = parameters.decoys;
  const count = rankCount(layout);
  const perStage = layout.tensor * layout.data;
  const takes = (decoy: { readonly chance: number }) => random.chance(decoy.chance * factor);
  const slackRank = count - 1 - random.integer(perStage);
  const bubbleShare = random.between(slack.bubbleShare);
  const [spikeRank, slowRank, hotRank, xidRank] = [0, 0, 0, 0].map(() => random.integer(count));
  const excess = random.between(slightlySlow.excess);
  return {
    slack: takes(slack) && layout.pipeline > 1 ? { rank: slackRank, bubbleShare } : undefined,
    spikeRank: takes(spike) ? spikeRank : undefined,
    pauses: takes(pause),
    slightlySlow: takes(slightlySlow) ? { rank: slowRank!, excess } : undefined,
    unevenStages: takes(unevenStages),
    hotRank: takes(hotGpu) ? hotRank : undefined,
    xidRank: takes(applicationXid) ? xidRank : undefined,
    powerCap: takes(powerCap),
  };
}

/** A stage that is to be slow, or a rank, is so on top of these. */
function applyPace(layout: Layout, decoys: Decoys, pace: Float64Array, random: Random): void {
  const { excess } = parameters.decoys.unevenStages;
  const stages = Float64Array.from({ length: layout.pipeline }, () => 1 + random.between(excess) * random.integer(2));
  for (let rank = 0; rank < pace.length; rank++) {
    // Lastingly slower than its peers by so much, whatever its silicon would have been.
    if (decoys.slightlySlow?.rank === rank) pace[rank] = 1 + decoys.slightlySlow.excess;
    if (decoys.unevenStages) pace[rank]! *= stages[stageOf(layout, rank)]!;
  }
}
