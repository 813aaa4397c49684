/** Microseconds that ranks lose before a micro-batch or at the start of a step: pauses, stalls, checkpoints, work in the bubble. */
import type { Fault } from "./fault.ts";
import type { FaultEffect } from "./fault-effect.ts";
import { rankCount, replicaOf } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";

const { work, compute, decoys: decoyParameters } = parameters;
const passPairUs = work.forwardUs * (1 + work.backwardRatio);

export class Delays {
  /** [rank * columns + microBatch]. */
  readonly delays: Float64Array;
  readonly columns: number;
  /** By rank, at the start of the step; of `startRanks` only. */
  readonly start: Float64Array;
  startRanks: number[] = [];
  any = false;
  readonly #scenario: Scenario;
  readonly #stalled: readonly number[];
  readonly #effect: FaultEffect | undefined;
  readonly #pauses: Random;
  readonly #decoys: Random;
  #touched: number[] = [];

  constructor(scenario: Scenario, fault: Fault | undefined, effect: FaultEffect | undefined) {
    const { layout, seed } = scenario;
    this.#scenario = scenario;
    this.#effect = effect;
    this.#stalled = fault?.kind === "data-loader stall" ? fault.ranks : [];
    this.columns = layout.microBatches;
    this.delays = new Float64Array(rankCount(layout) * this.columns);
    this.start = new Float64Array(rankCount(layout));
    this.#pauses = new Random(seed, "pauses");
    this.#decoys = new Random(seed, "decoys in the step");
  }

  draw(step: number): void {
    for (const cell of this.#touched) this.delays[cell] = 0;
    for (const rank of this.startRanks) this.start[rank] = 0;
    this.#touched = [];
    this.startRanks = [];
    this.#drawPauses();
    this.#drawSpike();
    this.#drawJobPause(step);
    this.#slack();
    for (const rank of this.#stalled) {
      for (let m = 0; m < this.columns; m++) this.#delay(rank, m, this.#effect!.stallUs(passPairUs));
    }
    this.any = this.#touched.length > 0;
  }

  #delay(rank: number, microBatch: number, us: number): void {
    if (us <= 0) return;
    const cell = rank * this.columns + microBatch;
    this.delays[cell]! += us;
    this.#touched.push(cell);
  }

  #delayStart(rank: number, us: number): void {
    if (this.start[rank] === 0) this.startRanks.push(rank);
    this.start[rank]! += us;
  }

  #drawPauses(): void {
    const { pauseChance, pauseUs, pauseTail, pauseLimitUs } = compute;
    const random = this.#pauses;
    const below = pauseChance * 4_294_967_296;
    for (let rank = 0; rank < this.start.length; rank++) {
      if (random.u32() >= below) continue;
      const us = Math.min(pauseLimitUs, pauseUs * (1 - random.uniform()) ** (-1 / pauseTail));
      this.#delay(rank, random.integer(this.columns), us);
    }
  }

  #drawSpike(): void {
    const { every, steps } = decoyParameters.spike;
    const comes = this.#decoys.chance(1 / every);
    const us = this.#decoys.between(steps) * passPairUs * this.columns;
    const microBatch = this.#decoys.integer(this.columns);
    const { spikeRank } = this.#scenario.decoys;
    if (spikeRank !== undefined && comes) this.#delay(spikeRank, microBatch, us);
  }

  #drawJobPause(step: number): void {
    const { every, seconds, writersLonger, cv } = decoyParameters.pause;
    if (!this.#scenario.decoys.pauses || step % every !== every - 1) return;
    const us = this.#decoys.between(seconds) * 1e6;
    for (let rank = 0; rank < this.start.length; rank++) {
      const writer = replicaOf(this.#scenario.layout, rank) === 0 ? 1 + writersLonger : 1;
      this.#delayStart(rank, us * writer * this.#decoys.lognormal(cv));
    }
  }

  /** The last stage ends first and has the whole bubble before its next first micro-batch. */
  #slack(): void {
    const { slack } = this.#scenario.decoys;
    if (slack) this.#delayStart(slack.rank, slack.bubbleShare * (this.#scenario.layout.pipeline - 1) * passPairUs);
  }
}
