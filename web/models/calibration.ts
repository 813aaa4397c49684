/** How well scores fit what happened, from rows whose labels are known. */

export type LabelledCells = {
  readonly bounds: readonly number[];
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
  readonly scoreSums: readonly number[];
};

export type CalibrationPoint = {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  /** Mean score of the cell's rows, and the share of them that is of class 1, with its 95 % interval. */
  readonly score: number;
  readonly rate: number;
  readonly rateLow: number;
  readonly rateHigh: number;
};

export type Calibration = {
  readonly points: readonly CalibrationPoint[];
  readonly n: number;
  /** Expected and largest calibration error: mean (by rows) and maximum of |rate - score| over the cells. */
  readonly ece: number;
  readonly mce: number;
};

/** Of the normal distribution, for 95 % within. */
const Z = 1.959963984540054;

/** null: no label is known. */
export function calibrationOf({ bounds, labelled, positives, scoreSums }: LabelledCells): Calibration | null {
  const points = labelled.flatMap((n, cell): CalibrationPoint[] => {
    if (!(n > 0)) return [];
    const rate = (positives[cell] ?? 0) / n;
    const [rateLow, rateHigh] = wilson(rate, n);
    const score = (scoreSums[cell] ?? Number.NaN) / n;
    return [{ low: bounds[cell]!, high: bounds[cell + 1]!, n, score, rate, rateLow, rateHigh }];
  });
  const n = points.reduce((sum, point) => sum + point.n, 0);
  if (n === 0) return null;
  const errors = points.map(({ rate, score }) => Math.abs(rate - score));
  return {
    points,
    n,
    ece: points.reduce((sum, point, at) => sum + (point.n / n) * errors[at]!, 0),
    mce: Math.max(...errors),
  };
}

/** Wilson's score interval of a share among n. */
export function wilson(share: number, n: number): [number, number] {
  const z2 = (Z * Z) / n;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n))) / (1 + z2);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
