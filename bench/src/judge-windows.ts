/** The worker of judge.ts: `node judge-windows.ts RANKS` prints CPU and memory of the first windows of a job. */
import { judge } from "@lockstep/analysis/straggler/judge";
import { Engine } from "./campaign/straggler/engine.ts";
import { layouts, rankCount } from "./campaign/straggler/layout.ts";
import { parameters } from "./campaign/straggler/parameters.ts";
import { Recorder } from "./campaign/straggler/recorder.ts";
import { drawScenario } from "./campaign/straggler/scenario.ts";

const windows = 8;
const ranks = Number(process.argv[2]);
const layout = layouts.find((each) => rankCount(each) === ranks);
if (layout === undefined) {
  const known = layouts.map((each) => rankCount(each)).join(", ");
  process.stderr.write(`no layout of ${process.argv[2]} ranks; expected one of ${known}\n`);
  process.exit(2);
}

const { steps, hop } = parameters.window;
const scenario = drawScenario({
  layout,
  seed: 2,
  sequenceCv: 0,
  fault: { kind: "thermal throttle", severity: 1.5 },
})!;
const recorder = new Recorder(scenario, steps + hop);
const engine = new Engine(scenario, recorder);
const simulate = (n: number) => {
  for (let i = 0; i < n; i++) engine.step();
};

const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
const cpuSeconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;

simulate(steps);
const before = process.memoryUsage().rss;
const costs: number[] = [];
const seconds: number[] = [];
let findings = 0;
for (let i = 0; i < windows; i++) {
  const window = recorder.window();
  const began = process.cpuUsage();
  const at = performance.now();
  findings += judge(window).verdict.findings.length;
  costs.push(cpuSeconds(process.cpuUsage(began)));
  seconds.push((performance.now() - at) / 1000);
  simulate(hop);
}
const [first, ...later] = costs;
const [firstSeconds, ...laterSeconds] = seconds;
const numbers = recorder.window().operations.reduce((n, { exec }) => n + exec.length, 0);
process.stdout.write(
  `${ranks} ranks, ${steps} steps, ${(numbers / 1e6).toFixed(1)} million durations: ` +
    `first window ${firstSeconds!.toFixed(2)} s (${first!.toFixed(2)} s CPU), ` +
    `later ones ${Math.max(...laterSeconds).toFixed(2)} s (${Math.max(...later).toFixed(2)} s CPU) at most, ` +
    `${findings} findings in ${windows} windows; ` +
    `memory ${megabytes(before)} with the window, ${megabytes(process.resourceUsage().maxRSS * 1024)} at its highest\n`,
);
