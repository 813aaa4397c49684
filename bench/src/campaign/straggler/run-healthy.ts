/** A long job without a fault, with noise and decoys: everything that is opened in it is a false alarm. */
import { IncidentWatch } from "@lockstep/analysis/straggler/incident";
import { judge } from "@lockstep/analysis/straggler/judge";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { Engine } from "./engine.ts";
import { History } from "./history.ts";
import { parameters } from "./parameters.ts";
import { Recorder } from "./recorder.ts";
import type { FalseIncident } from "./run-fault.ts";
import type { Scenario } from "./scenario.ts";
import { sequenceSlowdown, unevenFrom } from "./truth.ts";

export type HealthyOutcome = {
  readonly layout: string;
  readonly sequenceCv: number;
  readonly computeCv: number;
  readonly seed: number;
  readonly windows: number;
  readonly steps: number;
  /** Windows in which anything false was found, whether or not an incident came of it. */
  readonly falseWindows: number;
  readonly falseIncidents: readonly FalseIncident[];
  /** Incidents that name uneven sequences where they do cost that much. */
  readonly trueImbalances: number;
  /** Windows of which the detector said that it cannot judge them. */
  readonly notJudged: number;
};

const { window: windowParameters } = parameters;

export function runHealthy(scenario: Scenario, windows: number): HealthyOutcome {
  const capacity = windowParameters.steps + Math.min(16, windows) * windowParameters.hop;
  const recorder = new Recorder(scenario, capacity);
  const engine = new Engine(scenario, recorder);
  const watch = new IncidentWatch();
  const history = new History();
  const falseIncidents: FalseIncident[] = [];
  let [falseWindows, trueImbalances, notJudged, steps] = [0, 0, 0, 0];
  const run = (n: number) => {
    for (let i = 0; i < n; i++) engine.step();
    steps += n;
  };
  let uneven: number | undefined;
  const isTrue = ({ kind }: Finding) => {
    if (kind !== "imbalance") return false;
    uneven ??= sequenceSlowdown(scenario);
    return uneven >= unevenFrom;
  };
  run(windowParameters.steps - windowParameters.hop);
  for (let w = 0; w < windows; w++) {
    run(windowParameters.hop);
    const window = recorder.window();
    const judgement = judge(window, { history });
    history.observe(window, judgement);
    const { findings, not_enough_data } = judgement.verdict;
    if (not_enough_data !== undefined) notJudged++;
    if (findings.some((finding) => !isTrue(finding))) falseWindows++;
    for (const { kind, incident } of watch.observe(window, judgement)) {
      if (kind !== "opened") continue;
      const { subject, lastStep, finding } = incident;
      if (isTrue(finding)) trueImbalances++;
      else falseIncidents.push({ subject, lastStep, summary: finding.summary });
    }
  }
  const { layout, sequenceCv, computeCv, seed } = scenario;
  return {
    layout: layout.name,
    sequenceCv,
    computeCv,
    seed,
    windows,
    steps,
    falseWindows,
    falseIncidents,
    trueImbalances,
    notJudged,
  };
}
