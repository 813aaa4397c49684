/** The roll-ups there are, finest first. */
export type RollupTable = "samples_5m" | "samples_1h";

export type RollupLevel = {
  /** Seconds of a window; the `level` of its marks. */
  readonly seconds: number;
  readonly table: RollupTable;
};

export const FIVE_MINUTES: RollupLevel = { seconds: 300, table: "samples_5m" };
export const ONE_HOUR: RollupLevel = { seconds: 3600, table: "samples_1h" };

/** A window is closed this long after its end by ClickHouse's clock: by then its data is usually in. */
export const ROLLUP_GRACE_SECONDS = 60;

/** Windows begin in [since, until); seconds since 1970, multiples of the level's seconds. */
export type WindowRange = { readonly since: number; readonly until: number };

/**
 * The coarsest roll-up that a grid of this step can be read from, undefined where it takes raw samples. Its points have
 * to be multiples of the level's seconds.
 */
export function rollupLevelOf(stepMs: number): RollupLevel | undefined {
  return [ONE_HOUR, FIVE_MINUTES].find(({ seconds }) => stepMs >= seconds * 1000 && stepMs % (seconds * 1000) === 0);
}
