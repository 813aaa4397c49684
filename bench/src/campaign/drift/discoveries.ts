/** Share of false ones among the features that a window is said to have changed in: 200 features, of which some did. */
import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import type { FeatureInput, FeatureJudgement } from "@lockstep/analysis/drift/judgement";
import { nothingLearnt } from "@lockstep/analysis/drift/learn-noise";
import { normalQuantile, Random, tableBits, tableMask } from "../straggler/random.ts";
import { alpha } from "./type-one.ts";

const features = 200;
const drifted = 20;
const rows = { baseline: 2000, current: 1000 };
/** Equal cells from -2.5 to 2.5 standard deviations, the outer ones open. */
const cells = 20;
const perDeviation = 4;
const bounds = [
  Number.NEGATIVE_INFINITY,
  ...Array.from({ length: cells - 1 }, (_, edge) => (edge + 1 - cells / 2) / perDeviation),
  Number.POSITIVE_INFINITY,
];

export type DiscoveryCase = {
  /** Of the features that changed, in standard deviations. */
  readonly shift: number;
  /** Share of a feature's variance that it has in common with all features of the row. */
  readonly common: number;
  readonly correction: "bh" | "by";
};

export type Discoveries = DiscoveryCase & {
  readonly windows: number;
  /** Mean over the windows: share of false ones of q <= alpha, 0 where there is none, and its standard error. */
  readonly falseShare: number;
  readonly error: number;
  /** The same of verdicts, which want a large distance besides. */
  readonly falseShareOfVerdicts: number;
  /** Of the features that changed: share with q <= alpha, and with the verdict drift. */
  readonly found: number;
  readonly foundByVerdict: number;
};

export function discoveryCases(): DiscoveryCase[] {
  return [0, 0.15, 0.4].flatMap((shift) => [
    { shift, common: 0, correction: "bh" as const },
    { shift, common: 0.6, correction: "bh" as const },
    { shift, common: 0.6, correction: "by" as const },
  ]);
}

export function discoveriesOf(
  asked: DiscoveryCase,
  { seed, windows }: { readonly seed: number; readonly windows: number },
): Discoveries {
  // The same windows by either correction.
  const random = new Random(seed, `discoveries ${asked.shift} ${asked.common}`);
  const changed = asked.shift === 0 ? 0 : drifted;
  let [sum, squares, verdicts, found, foundByVerdict] = [0, 0, 0, 0, 0];
  for (let window = 0; window < windows; window++) {
    const baseline = histograms(random, rows.baseline, { ...asked, shift: 0 });
    const current = histograms(random, rows.current, asked);
    const judged = judgeWindow(
      baseline.map((counts, feature) => inputOf(feature, counts, current[feature]!)),
      { correction: asked.correction },
    );
    const bySure = falseShareOf(judged, changed, ({ q }) => q !== undefined && q <= alpha);
    const byVerdict = falseShareOf(judged, changed, ({ verdict }) => verdict === "drift");
    sum += bySure.share;
    squares += bySure.share ** 2;
    verdicts += byVerdict.share;
    found += bySure.found;
    foundByVerdict += byVerdict.found;
  }
  const mean = sum / windows;
  return {
    ...asked,
    windows,
    falseShare: mean,
    error: Math.sqrt(Math.max(0, squares / windows - mean ** 2) / windows),
    falseShareOfVerdicts: verdicts / windows,
    found: found / (windows * changed),
    foundByVerdict: foundByVerdict / (windows * changed),
  };
}

function falseShareOf(
  judged: readonly FeatureJudgement[],
  changed: number,
  isSaid: (judgement: FeatureJudgement) => boolean,
): { share: number; found: number } {
  let [wrong, found] = [0, 0];
  for (const [feature, judgement] of judged.entries()) {
    if (!isSaid(judgement)) continue;
    if (feature < changed) found++;
    else wrong++;
  }
  return { share: wrong === 0 ? 0 : wrong / (wrong + found), found };
}

const normals = Float64Array.from({ length: 1 << tableBits }, (_, at) => normalQuantile((at + 0.5) / (1 << tableBits)));

/** Of each feature. The first ones are moved; every second one has the common part with the other sign. */
function histograms(random: Random, count: number, { shift, common }: DiscoveryCase): number[][] {
  const counts = Array.from({ length: features }, () => new Array<number>(cells).fill(0));
  const [together, alone] = [Math.sqrt(common), Math.sqrt(1 - common)];
  for (let row = 0; row < count; row++) {
    const shared = together * random.normal();
    for (let feature = 0; feature < features; feature += 2) {
      const bits = random.u32();
      const first = shared + alone * normals[bits & tableMask]!;
      const second = alone * normals[(bits >>> tableBits) & tableMask]! - shared;
      counts[feature]![cellOf(feature < drifted ? first + shift : first)]!++;
      counts[feature + 1]![cellOf(feature < drifted ? second + shift : second)]!++;
    }
  }
  return counts;
}

function cellOf(value: number): number {
  return Math.max(0, Math.min(cells - 1, Math.ceil(value * perDeviation) - 1 + cells / 2));
}

function inputOf(feature: number, baseline: readonly number[], current: readonly number[]): FeatureInput {
  const explicit = (counts: readonly number[]) => ({ form: "explicit" as const, bounds, counts });
  return {
    ...{ kind: "input", feature: `f${feature}`, noise: nothingLearnt },
    ...{ baseline: explicit(baseline), baselineMissing: 0, current: explicit(current), currentMissing: 0 },
  };
}
