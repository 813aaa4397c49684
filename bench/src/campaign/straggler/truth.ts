/**
 * What the fault really cost: the same job is run beside it with the same random numbers and without the fault. And what may
 * be said of it: the rules by which a finding counts as right.
 */
import type { Finding } from "@lockstep/schemas/domain/finding";
import { Engine } from "./engine.ts";
import type { Fault, FaultKind } from "./fault.ts";
import { nodeName } from "./layout.ts";
import type { Scenario } from "./scenario.ts";
import { isSilentLink, reportsOf } from "./telemetry.ts";

export type Cost = {
  /** Step time against the step time without the fault. */
  readonly slowdown: number;
  /** GPU-seconds that ranks other than the culprits spent longer in operations: waiting, or moving bytes over the slow link. */
  readonly wasteGpuSeconds: number;
};

/** Two engines in step. */
export class Counterfactual {
  readonly #faulty: Engine;
  readonly #healthy: Engine;
  readonly #innocent: Uint8Array;
  /** By step: microseconds with and without, and the waste. */
  readonly #with: number[] = [];
  readonly #without: number[] = [];
  readonly #waste: number[] = [];

  constructor(scenario: Scenario, faulty: Engine) {
    this.#faulty = faulty;
    // Whoever names uneven sequences speaks of all of their unevenness.
    const sequence = scenario.fault?.kind === "sequence imbalance";
    this.#healthy = new Engine(scenario, undefined, { fault: true, sequence });
    this.#innocent = new Uint8Array(faulty.clock.length).fill(1);
    // The rank of a slow link works as fast as ever, and waits for it like the others.
    if (scenario.fault?.groups.length === 0) for (const rank of scenario.fault.ranks) this.#innocent[rank] = 0;
  }

  step(): void {
    this.#with.push(this.#faulty.step());
    this.#without.push(this.#healthy.step());
    let us = 0;
    for (let rank = 0; rank < this.#innocent.length; rank++) {
      if (!this.#innocent[rank]) continue;
      us += this.#faulty.stepUs[rank]! - this.#faulty.selfUs[rank]!;
      us -= this.#healthy.stepUs[rank]! - this.#healthy.selfUs[rank]!;
    }
    this.#waste.push(us / 1e6);
  }

  cost(firstStep: number, steps: number): Cost {
    const sum = (values: readonly number[]) => values.slice(firstStep, firstStep + steps).reduce((a, b) => a + b, 0);
    return { slowdown: sum(this.#with) / sum(this.#without), wasteGpuSeconds: sum(this.#waste) };
  }
}

/** Steps that are enough to tell it: every step draws new lengths. */
const stepsCompared = 40;

/**
 * How much longer the steps of a job are for their uneven sequences alone: uneven work is a fact in jobs with long-tailed
 * documents, whether or not it is called a fault.
 */
export function sequenceSlowdown(scenario: Scenario): number {
  if (scenario.sequenceCv === 0) return 1;
  const [uneven, even] = [
    new Engine(scenario, undefined, { fault: true }),
    new Engine(scenario, undefined, { sequence: true, fault: true }),
  ];
  let [unevenUs, evenUs] = [0, 0];
  for (let step = 0; step < stepsCompared; step++) {
    unevenUs += uneven.step();
    evenUs += even.step();
  }
  return unevenUs / evenUs;
}

/** How much they must cost before naming them is no false alarm in a job with another fault, or with none. */
export const unevenFrom = 1.1;

/** right: kind and place. consistent: true, but narrower or wider than the truth. false: an innocent is named, or a cause that is none. */
export type Verdict = "right" | "consistent" | "false";

export function matchFault(finding: Finding, fault: Fault, scenario: Scenario): Verdict {
  const node = fault.node === undefined ? undefined : nodeName(fault.node);
  switch (fault.kind) {
    case "thermal throttle":
    case "power brake":
    case "contention":
    case "data-loader stall":
      return finding.kind === "slow_rank" && finding.rank === fault.ranks[0] ? "right" : wholeJob(finding);
    case "slow node":
      if (finding.kind === "slow_node" && finding.node === node) return "right";
      return finding.kind === "slow_rank" && fault.ranks.includes(finding.rank!) ? "consistent" : wholeJob(finding);
    case "slow stage":
      return finding.kind === "slow_stage" && finding.stage === fault.stage ? "right" : wholeJob(finding);
    case "slow NIC":
    case "slow NVLink":
      return matchLink(finding, fault, scenario, node);
    case "sequence imbalance":
      return finding.kind === "imbalance" ? "right" : wholeJob(finding);
  }
}

/** That the job became slower is true of every fault, and says little. */
function wholeJob(finding: Finding): Verdict {
  return finding.kind === "global_slowdown" ? "consistent" : "false";
}

/** One slow group is all that can be known of it; several have the rank in common, and that is the place. */
function matchLink(finding: Finding, fault: Fault, { groups, heard }: Scenario, node: string | undefined): Verdict {
  if (finding.kind === "slow_link") {
    if (finding.rank === fault.ranks[0]) return "right";
    return finding.rank === undefined && finding.node === node ? "consistent" : "false";
  }
  if (finding.kind !== "slow_group") return wholeJob(finding);
  const named = groups.all.findIndex(({ id }) => id === finding.communicator);
  if (!fault.groups.includes(named)) return "false";
  // A pair with one end unheard shows no transfer.
  const seen = fault.groups.filter((group) => groups.all[group]!.members.filter((rank) => heard[rank]).length > 1);
  return seen.length === 1 ? "right" : "consistent";
}

const causes: Record<FaultKind, readonly string[]> = {
  "thermal throttle": ["thermal_throttle"],
  "power brake": ["power_brake"],
  contention: ["contention"],
  "data-loader stall": ["cpu_starved"],
  "slow node": [],
  "slow stage": ["stage_partitioning"],
  "slow NIC": ["nic"],
  "slow NVLink": ["nvlink"],
  "sequence imbalance": ["sequence_length"],
};

/**
 * Codes of `Finding.cause`. Where nothing shows the cause, only "unknown" is right; where nobody counts the processes on a
 * GPU, busy memory and idle tensor cores alone do not carry a neighbour, and where a replica is one rank and nobody counts
 * tokens, uneven work may have any reason: to say so is right too.
 */
export function rightCauses({ fault, seed, layout }: Scenario): readonly string[] {
  if (!fault) return [];
  if (fault.groups.length > 0 && isSilentLink(seed)) return ["unknown"];
  const { tensor, pipeline } = layout;
  const alone = tensor * pipeline === 1 && !reportsOf(seed).tokens;
  if (fault.kind === "sequence imbalance" && alone) return [...causes["sequence imbalance"], "unknown"];
  if (fault.kind === "contention" && !reportsOf(seed).otherProcesses) return [...causes.contention, "unknown"];
  if (fault.nodeReason !== undefined) return fault.nodeReason === "thermal" ? ["thermal_throttle"] : ["cpu_starved"];
  return causes[fault.kind];
}
