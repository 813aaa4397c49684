/** Energy of a GPU from DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION, millijoules since the driver was loaded. */

export type EnergyOptions = {
  /** Seconds between two samples. */
  readonly intervalSeconds: number;
  /** Watts it can draw at the most; without it no step is too large. */
  readonly maxWatts?: number;
};

export type Energy = {
  readonly joules: number;
  /** The counter began anew: what was drawn between its last value and its end is not in it. */
  readonly resets: number;
  /** Seconds in which the counter says nothing that can be: from `watts` where these are known, else missing. */
  readonly fromPowerSeconds: number;
  readonly missingSeconds: number;
};

/** Intervals. A counter that began anew in a longer gap may have done so more than once, and what it lost is not small. */
const longGap = 5;
/** A counter may be read late; more than this above what the GPU can draw is no reading. */
const mostOverMax = 1.2;

/**
 * `times` in seconds, ascending; `millijoules` and `watts` the samples there, NaN where there is none. A reset counts from 0 on.
 * After a reset in a long gap, or where the counter rises faster than the GPU can draw, the mean of the power is used.
 */
export function energyOf(
  times: ArrayLike<number>,
  millijoules: ArrayLike<number>,
  watts: ArrayLike<number> | undefined,
  { intervalSeconds, maxWatts = Number.POSITIVE_INFINITY }: EnergyOptions,
): Energy {
  let [joules, resets, fromPowerSeconds, missingSeconds] = [0, 0, 0, 0];
  let last = -1;
  for (let i = 0; i < times.length; i++) {
    if (!Number.isFinite(millijoules[i]!)) continue;
    if (last >= 0) {
      const seconds = times[i]! - times[last]!;
      const rise = millijoules[i]! - millijoules[last]!;
      if (rise < 0) resets++;
      const drawn = (rise >= 0 ? rise : millijoules[i]!) / 1000;
      const told = seconds <= longGap * intervalSeconds || rise >= 0;
      if (told && drawn <= mostOverMax * maxWatts * seconds) joules += drawn;
      else {
        const mean = meanPower(watts, last, i);
        if (Number.isFinite(mean)) {
          joules += mean * seconds;
          fromPowerSeconds += seconds;
        } else missingSeconds += seconds;
      }
    }
    last = i;
  }
  return { joules, resets, fromPowerSeconds, missingSeconds };
}

/** Of the samples from one place to the other; NaN where there is none. */
function meanPower(watts: ArrayLike<number> | undefined, from: number, to: number): number {
  if (watts === undefined) return Number.NaN;
  let [sum, count] = [0, 0];
  for (let i = from; i <= to; i++) {
    if (!Number.isFinite(watts[i]!)) continue;
    sum += watts[i]!;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

export function kilowattHours(joules: number): number {
  return joules / 3.6e6;
}
