/** The worker of judge.ts: `node judge-models.ts MODELS FEATURES` prints what one window of so many models costs. */
import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import type { FeatureInput } from "@lockstep/analysis/drift/judgement";
import { learnNoise } from "@lockstep/analysis/drift/learn-noise";
import { featuresOf } from "./serving-window.ts";

const [models, features] = process.argv.slice(2).map(Number) as [number, number];
/** Windows that a season's noise is learnt from: the same hour of four weeks in windows of five minutes. */
const seasonWindows = 48;

const cpuSeconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;

const verdicts = new Map<string, number>();
let judging = 0;
let learning = 0;
let learnt = 0;
for (let model = 0; model < models; model++) {
  const inputs = featuresOf(model, features);
  const began = process.cpuUsage();
  for (const { verdict } of judgeWindow(inputs)) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  judging += cpuSeconds(process.cpuUsage(began));
  // The noise is learnt once an hour and slot; a hundredth of the models tells what it costs.
  if (model % 100 === 0) {
    learning += learn(inputs, model);
    learnt += inputs.length;
  }
}

function learn(inputs: readonly FeatureInput[], model: number): number {
  const windows = Array.from({ length: seasonWindows }, (_, i) => featuresOf(model * 1000 + i, inputs.length));
  const began = process.cpuUsage();
  for (let i = 0; i < inputs.length; i++) {
    // Forms go by the feature's number, so all windows of a feature have the same.
    learnNoise(windows.map((window) => ({ cells: window[i]!.current, missing: window[i]!.currentMissing })));
  }
  return cpuSeconds(process.cpuUsage(began));
}

const told = [...verdicts].map(([verdict, count]) => `${count.toLocaleString("en-US")} ${verdict}`).sort();
process.stdout.write(
  `${models.toLocaleString("en-US")} models x ${features} features, one window: ${judging.toFixed(1)} s CPU, ` +
    `${((1e6 * judging) / (models * features)).toFixed(0)} µs a feature (${told.join(", ")}); ` +
    `learning the noise of ${seasonWindows} windows: ${((1e3 * learning) / learnt).toFixed(2)} ms a feature; ` +
    `memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB at its highest\n`,
);
