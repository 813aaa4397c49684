/** How a fault acts on the job, pass by pass and operation by operation. At severity 1 it acts by exactly nothing. */
import type { Fault } from "./fault.ts";
import type { Layout } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { normalQuantile, type Random } from "./random.ts";

const { thermal, powerBrake, dataLoader, contention, slowNode, link } = parameters.faults;

export class FaultEffect {
  readonly #fault: Fault;
  readonly #random: Random;
  readonly #excess: number;
  readonly #period: number;
  readonly #phase: number;
  /** By culprit: how its share of the excess differs from the others'. */
  readonly #share: Float64Array;
  readonly #imbalance: number;
  #step = 0;

  constructor(fault: Fault, layout: Layout, random: Random) {
    this.#fault = fault;
    this.#random = random;
    this.#excess = fault.severity - 1;
    this.#period = random.between(thermal.periodSteps);
    this.#phase = random.uniform();
    const uneven = fault.kind === "slow node" ? slowNode.spread : 0;
    this.#share = Float64Array.from(fault.ranks, () => 1 + uneven * random.normal());
    // The longest of so many replicas is, in the middle, as much longer than the median as the severity says.
    this.#imbalance = Math.log(fault.severity) / normalQuantile((layout.data - 0.375) / (layout.data + 0.25));
  }

  get active(): boolean {
    return this.#step >= this.#fault.onset;
  }

  beginStep(step: number): void {
    this.#step = step;
  }

  /** How many times longer a culprit computes in a pass; by the culprit's place in the fault's ranks. */
  passFactor(culprit: number): number {
    if (!this.active) return 1;
    const excess = this.#excess * this.#share[culprit]!;
    switch (this.#fault.kind) {
      case "thermal throttle": {
        const swing = Math.sin(2 * Math.PI * (this.#step / this.#period + this.#phase));
        return 1 + excess * (1 + thermal.swing * swing);
      }
      case "power brake":
        return this.#random.chance(powerBrake.duty) ? 1 + excess / powerBrake.duty : 1;
      case "contention":
        return 1 + excess * this.#random.lognormal(contention.cv);
      case "slow node":
      case "slow stage":
        return 1 + excess;
      default:
        return 1;
    }
  }

  /** Microseconds that a culprit waits for data before a micro-batch, whose work takes `workUs` in both directions. */
  stallUs(workUs: number): number {
    if (!this.active || this.#fault.kind !== "data-loader stall") return 0;
    const stalls = this.#random.chance(dataLoader.chance);
    const us = ((this.#excess * workUs) / dataLoader.chance) * this.#random.exponential();
    return stalls ? us : 0;
  }

  transferFactor(): number {
    return this.active ? 1 + this.#excess * this.#random.lognormal(link.cv) : 1;
  }

  /** How much more work the replica's batches of this step are. */
  sequenceFactor(): number {
    if (!this.active || this.#fault.kind !== "sequence imbalance") return 1;
    return Math.exp(this.#imbalance * this.#random.normal());
  }
}
