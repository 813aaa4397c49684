/** Verdicts, methods and baselines in words. */

const VERDICTS: Readonly<Record<string, string>> = {
  drift: "drift",
  no_drift: "no drift",
  not_enough_data: "not enough data",
  data_quality: "data quality",
};

export function verdictWords(verdict: string): string {
  return VERDICTS[verdict] ?? verdict;
}

const METHODS: Readonly<Record<string, { readonly short: string; readonly long: string }>> = {
  psi: { short: "PSI", long: "population stability index, less what chance alone makes of it" },
  js: { short: "JS", long: "Jensen-Shannon distance (base 2), less what chance alone makes of it" },
  w1: { short: "W1", long: "Wasserstein-1 distance over the baseline's standard deviation" },
};

export function methodShort(method: string): string {
  return METHODS[method]?.short ?? method;
}

export function methodLong(method: string): string {
  return METHODS[method]?.long ?? method;
}

const BASELINES: Readonly<Record<string, string>> = {
  training: "the training reference",
  season: "the same hour of the weeks before",
  version: "the version before",
  replicas: "the other replicas",
  before: "the windows before it",
};

export function baselineWords(baseline: string): string {
  return BASELINES[baseline] ?? baseline;
}

const SHORT: Readonly<Record<string, string>> = {
  training: "Training",
  season: "Same hour, weeks before",
  version: "Version before",
  replicas: "Other replicas",
  before: "Windows before",
};

export function baselineTitle(baseline: string): string {
  return SHORT[baseline] ?? baseline;
}

/** Of two decimals where it matters: "0.21", "0.013". */
export function distanceText(distance: number | null): string {
  if (distance === null || !Number.isFinite(distance)) return "–";
  if (distance === 0) return "0";
  return distance >= 0.095 ? distance.toFixed(2) : distance.toPrecision(2);
}

/** Small probabilities as powers of ten are read: "below 0.0001". */
export function chanceText(p: number | null): string {
  if (p === null || !Number.isFinite(p)) return "–";
  return p < 0.0001 ? "< 0.0001" : String(Number(p.toPrecision(2)));
}
