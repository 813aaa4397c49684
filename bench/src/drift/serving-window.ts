/** One window of a served model as its replicas would report it, and the season it is judged against: drawn, not measured. */
import type { FeatureInput } from "@lockstep/analysis/drift/judgement";
import { nothingLearnt } from "@lockstep/analysis/drift/learn-noise";
import type { Cells } from "@lockstep/schemas/domain/observed";
import { Random } from "../campaign/straggler/random.ts";

/** Rows of a model in five minutes, and in the same window of four weeks. */
const rows = { current: 3000, baseline: 12_000 };
/** One feature in so many has moved. */
const movedOneIn = 50;

/** Latencies as Prometheus clients bucket them, seconds. */
const latencyEdges = [0, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** What is drawn of a feature: cells with the shares of the baseline and of now. */
type Shape = {
  readonly before: readonly number[];
  readonly now: readonly number[];
  readonly cells: (counts: readonly number[]) => Cells;
};

/** Of 100 features: 60 of 20 equal cells, 20 of categories, 10 latencies with an open end, 10 exponential. */
export function featuresOf(model: number, features: number): FeatureInput[] {
  const random = new Random(model, "features");
  return Array.from({ length: features }, (_, i): FeatureInput => {
    const moved = random.integer(movedOneIn) === 0;
    const shape = shapeOf(i % 10, moved ? 0.5 : 0, random);
    return {
      kind: i % 10 === 8 ? "latency" : "input",
      feature: `feature_${i}`,
      current: shape.cells(drawn(shape.now, rows.current, random)),
      currentMissing: random.integer(30),
      baseline: shape.cells(drawn(shape.before, rows.baseline, random)),
      baselineMissing: 60,
      noise: nothingLearnt,
    };
  });
}

function shapeOf(form: number, shift: number, random: Random): Shape {
  if (form < 6)
    return ofEdges(
      Array.from({ length: 21 }, (_, i) => i / 5 - 2),
      shift,
      0.7,
    );
  if (form < 8) return ofCategories(random.pick([2, 5, 12, 40, 200]), shift);
  if (form === 8) return ofEdges([...latencyEdges, Number.POSITIVE_INFINITY], shift, 0.5);
  return exponential(shift);
}

function ofEdges(bounds: readonly number[], shift: number, width: number): Shape {
  const places = bounds.slice(1).map((edge) => (Number.isFinite(edge) ? edge : 2 * latencyEdges.at(-1)!));
  const bell = (middle: number) => places.map((place) => Math.exp(-((place - middle) ** 2) / (2 * width ** 2)));
  return { before: bell(0), now: bell(shift * width), cells: (counts) => ({ form: "explicit", bounds, counts }) };
}

function ofCategories(names: number, shift: number): Shape {
  const zipf = (power: number) => Array.from({ length: names }, (_, i) => (i + 1) ** -power);
  return {
    before: zipf(1),
    now: zipf(1 + shift),
    cells: (counts) => ({ form: "categories", counts: new Map(counts.map((count, i) => [`category ${i}`, count])) }),
  };
}

/** As a client with at most 160 buckets sends token counts. */
function exponential(shift: number): Shape {
  const bell = (middle: number) => Array.from({ length: 80 }, (_, i) => Math.exp(-((i - middle) ** 2) / 200));
  return {
    before: bell(40),
    now: bell(40 + 10 * shift),
    cells: (counts) => ({
      form: "exponential",
      scale: 3,
      zeroThreshold: 0,
      zeroCount: 0,
      positive: { offset: 20, counts },
      negative: { offset: 0, counts: [] },
    }),
  };
}

/** Counts of independent cells: normal around what is expected, as of many rows. */
function drawn(weights: readonly number[], all: number, random: Random): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => {
    const expected = (all * weight) / sum;
    return Math.max(0, Math.round(expected + Math.sqrt(expected) * random.normal()));
  });
}
