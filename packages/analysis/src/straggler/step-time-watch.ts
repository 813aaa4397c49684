/**
 * When a job's steps became longer, and when they were well again: a robust CUSUM on step time (docs/straggler.md),
 * fed with the steps of consecutive windows, each step once.
 */
import { lagOneCorrelation } from "../stats/correlation.ts";
import { Cusum, type CusumSettings } from "../stats/cusum.ts";
import { madSigma, madToSigma, median } from "../stats/median.ts";

export type StepTimeSettings = CusumSettings & {
  /** Steps that the reference is learned from before anything is said ... */
  readonly learn: number;
  /** ... and the most recent healthy steps that it rests on later. */
  readonly memory: number;
  /** A change smaller than this share of the reference is not worth an incident. */
  readonly smallest: number;
  /** Steps that a change must be held for after the sum has passed its limit. */
  readonly confirm: number;
};

/**
 * Allowance 1 MAD and limit 12 MAD. By Siegmund's formula such a sum errs once in 300,000 steps of independent
 * normal noise of known level and scale. Neither is known nor are steps independent: see `#learn` for what is added. A
 * change must also be held for another hop of 5 steps, and be of 4 %.
 */
export const stepTimeSettings: StepTimeSettings = {
  allowance: 1,
  limit: 12,
  cap: 4,
  learn: 40,
  memory: 240,
  smallest: 0.04,
  confirm: 5,
};

export type StepTimeChange = {
  readonly kind: "slower" | "recovered";
  /** First step of the new level, by the CUSUM's own count. */
  readonly since: number;
  readonly referenceUs: number;
  readonly nowUs: number;
};

/** Spread below this share of the median is the clock's, not the job's. */
const scaleFloor = 0.005;

/** Steps between two looks at the reference: medians of hundreds of steps need not be taken at each. */
const relearnEvery = 5;

/**
 * The reference moves on with the healthy steps, so that slow drifts (longer sequences in a curriculum) are no incident;
 * while a change is suspected or open it stands still.
 */
export class StepTimeWatch {
  readonly #settings: StepTimeSettings;
  readonly #up: Cusum;
  readonly #down: Cusum;
  /** Healthy as far as is known, oldest first. */
  #healthy: number[] = [];
  /** Since the sum last left zero, or since the change. */
  #run: number[] = [];
  #reference: { us: number; scaleUs: number } | undefined;
  #nextStep = Number.NEGATIVE_INFINITY;
  #alarmedFor = 0;
  #sinceLearned = 0;
  #since = 0;
  #open = false;

  constructor(settings: Partial<StepTimeSettings> = {}) {
    this.#settings = { ...stepTimeSettings, ...settings };
    this.#up = new Cusum(this.#settings);
    this.#down = new Cusum(this.#settings);
  }

  get open(): boolean {
    return this.#open;
  }

  /** Step times in microseconds from `firstStep` on; steps seen before are passed over, NaN is a step without a time. */
  observe(firstStep: number, stepTimeUs: ArrayLike<number>): StepTimeChange[] {
    const changes: StepTimeChange[] = [];
    for (let i = 0; i < stepTimeUs.length; i++) {
      const step = firstStep + i;
      const us = stepTimeUs[i]!;
      if (step < this.#nextStep || !(us > 0)) continue;
      this.#nextStep = step + 1;
      const change = this.#add(step, us);
      if (change) changes.push(change);
    }
    return changes;
  }

  #add(step: number, us: number): StepTimeChange | undefined {
    if (!this.#reference) {
      this.#healthy.push(us);
      if (this.#healthy.length === this.#settings.learn) this.#learn();
      return undefined;
    }
    this.#run.push(us);
    if (this.#run.length > this.#settings.memory) this.#run.shift();
    const deviation = (us - this.#reference.us) / this.#reference.scaleUs;
    return this.#open ? this.#recovery(step, deviation) : this.#onset(step, deviation);
  }

  /**
   * Both count in MAD, not in standard deviations. The scale is widened by what the estimate from so many steps may be
   * too small by (a MAD's own relative error is 1.17 / √n), and for steps that follow the step before them, whose sums wander
   * further: √((1 + φ) / (1 − φ)).
   */
  #learn(): void {
    const n = this.#healthy.length;
    const us = median(this.#healthy);
    const mad = madSigma(this.#healthy, us) / madToSigma;
    const phi = Math.min(0.9, Math.max(0, lagOneCorrelation(clipped(this.#healthy, us, 4 * mad)) + 1 / Math.sqrt(n)));
    const doubt = (1 + (2 * 1.17) / Math.sqrt(n)) * Math.sqrt((1 + phi) / (1 - phi));
    this.#reference = { us, scaleUs: Math.max(mad * doubt, scaleFloor * us) };
  }

  #onset(step: number, deviation: number): StepTimeChange | undefined {
    const alarmed = this.#up.add(deviation);
    if (this.#up.sum === 0) this.#remember();
    const referenceUs = this.#reference!.us;
    const nowUs = median(this.#run);
    if (!alarmed || nowUs < referenceUs * (1 + this.#settings.smallest)) {
      this.#alarmedFor = 0;
      return undefined;
    }
    this.#alarmedFor++;
    if (this.#alarmedFor <= this.#settings.confirm) return undefined;
    const since = step - this.#up.run + 1;
    this.#turn(true, since);
    return { kind: "slower", since, referenceUs, nowUs };
  }

  /** What led to nothing was healthy, its long steps too: without them the reference would creep downwards. */
  #remember(): void {
    const before = this.#healthy.length;
    this.#healthy.push(...this.#run);
    this.#run = [];
    const seen = this.#healthy.length;
    if (seen > this.#settings.memory) this.#healthy.splice(0, seen - this.#settings.memory);
    this.#sinceLearned += seen - before;
    if (this.#sinceLearned < relearnEvery) return;
    this.#sinceLearned = 0;
    this.#learn();
  }

  /** Well again when the steps lie below half of the way back for as long as it took to be sure that they were not. */
  #recovery(step: number, deviation: number): StepTimeChange | undefined {
    const { us: referenceUs, scaleUs } = this.#reference!;
    const half = Math.max(this.#settings.smallest * referenceUs, this.#settings.allowance * 2 * scaleUs) / scaleUs;
    if (!this.#down.add(half - deviation)) return undefined;
    const since = Math.max(this.#since, step - this.#down.run + 1);
    const nowUs = median(this.#run.slice(-this.#down.run));
    this.#turn(false, since);
    return { kind: "recovered", since, referenceUs, nowUs };
  }

  #turn(open: boolean, since: number): void {
    this.#open = open;
    this.#since = since;
    this.#alarmedFor = 0;
    this.#run = [];
    this.#up.reset();
    this.#down.reset();
  }
}

function clipped(values: readonly number[], center: number, width: number): Float64Array {
  return Float64Array.from(values, (value) => Math.min(center + width, Math.max(center - width, value)));
}
