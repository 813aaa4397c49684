/** A few dozen series of the shapes that PromQL tells apart: counters with resets, gauges with gaps, histograms, infos. */
import { fromEntries } from "@lockstep/promql/engine/labels";
import type { LoadedSeries } from "../way.ts";
import { Choices } from "./random.ts";

const SAMPLE_MS = 15_000;
const SAMPLES = 480;
/**
 * Samples never fall on a whole second, and queries ask on whole seconds off the minute: whether a window's left end
 * belongs to it changed with Prometheus 3, and must not matter here.
 */
const JITTER_MS = 137;

/** How a counter is extrapolated towards zero changed with Prometheus 3 too; the test files cover it. */
const FAR_FROM_ZERO = 1_000_000;

const NODES = ["n1", "n2", "n3"];
const GPUS = ["0", "1"];

export function dataset(startMs: number, seed: number): LoadedSeries[] {
  const choices = new Choices(seed);
  const series: LoadedSeries[] = [];
  const add = (entries: Record<string, string>, valueAt: (i: number) => number, gaps = 0) => {
    const times: number[] = [];
    const values: number[] = [];
    let missing = 0;
    for (let i = 0; i < SAMPLES; i++) {
      const value = valueAt(i);
      if (missing > 0) missing--;
      else if (choices.chance(gaps)) missing = 1 + choices.below(40);
      if (missing > 0) continue;
      times.push(startMs + i * SAMPLE_MS + JITTER_MS + choices.below(9) * 100);
      values.push(value);
    }
    series.push({
      labels: fromEntries(Object.entries(entries)),
      times: Float64Array.from(times),
      values: Float64Array.from(values),
      stale: undefined,
    });
  };
  for (const node of NODES) {
    add({ __name__: "node_info", node, model: node === "n3" ? "b200" : "h100" }, () => 1);
    for (const gpu of GPUS) addGpu(add, choices, { node, gpu });
  }
  addHistograms(add, choices);
  return series;
}

type Add = (entries: Record<string, string>, valueAt: (i: number) => number, gaps?: number) => void;

function addGpu(add: Add, choices: Choices, labels: Record<string, string>): void {
  let [energy, errors, power] = [FAR_FROM_ZERO + choices.below(1000), FAR_FROM_ZERO, 300];
  add({ __name__: "energy_joules_total", ...labels, job: "dcgm" }, () => {
    energy = choices.chance(0.01) ? choices.below(5) : energy + choices.below(5000) / 16;
    return energy;
  });
  add(
    { __name__: "errors_total", ...labels, job: "dcgm" },
    () => {
      errors += choices.chance(0.05) ? 1 : 0;
      return errors;
    },
    0.01,
  );
  add(
    { __name__: "power_watts", ...labels, job: "dcgm" },
    () => {
      power += choices.below(41) - 20;
      return power / 8;
    },
    0.01,
  );
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -1, 1e300, 1e-300];
  add({ __name__: "odd_value", ...labels }, () => (choices.chance(0.2) ? choices.of(odd) : choices.below(10) - 5));
}

function addHistograms(add: Add, choices: Choices): void {
  const bounds = ["0.05", "0.1", "0.5", "1", "+Inf"];
  for (const job of ["serve", "batch"]) {
    const counts = bounds.map(() => FAR_FROM_ZERO);
    bounds.forEach((le, bucket) => {
      add({ __name__: "latency_seconds_bucket", job, le }, (i) => {
        counts[bucket]! += bucket + choices.below(3);
        return counts.slice(0, bucket + 1).reduce((sum, count) => sum + count, 0) + i * bucket;
      });
    });
  }
}
