/** One job with one fault, from before its onset until it is found or the time is over. */
import { IncidentWatch } from "@lockstep/analysis/straggler/incident";
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import { judge } from "@lockstep/analysis/straggler/judge";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { causeNamed } from "./cause.ts";
import { Engine } from "./engine.ts";
import type { FaultKind } from "./fault.ts";
import { History } from "./history.ts";
import { parameters } from "./parameters.ts";
import { Recorder } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";
import {
  type Cost,
  Counterfactual,
  matchFault,
  rightCauses,
  sequenceSlowdown,
  unevenFrom,
  type Verdict,
} from "./truth.ts";

export type FalseIncident = { readonly subject: string; readonly summary: string; readonly lastStep: number };

export type FaultOutcome = {
  readonly kind: FaultKind;
  readonly severity: number;
  readonly layout: string;
  readonly sequenceCv: number;
  readonly computeCv: number;
  readonly seed: number;
  readonly allHeard: boolean;
  /** Job rank, node, stage or group, in words. */
  readonly place: string;
  /** Steps from the onset to the end of the window that ... */
  readonly foundAfter: number | undefined;
  readonly openedAfter: number | undefined;
  /** Of the first window after the onset that opened anything right or false: whether the costliest such finding was right. */
  readonly firstIsRight: boolean | undefined;
  readonly falseIncidents: readonly FalseIncident[];
  readonly cause: { readonly said: string; readonly right: boolean } | undefined;
  /** In the first window that lies behind the onset as a whole and has a right finding. */
  readonly cost: { readonly truth: Cost; readonly said: Partial<Cost> } | undefined;
};

const { window: windowParameters, faults } = parameters;

export function runFault(scenario: Scenario): FaultOutcome {
  const run = new FaultRun(scenario);
  while (!run.finished) run.hop();
  return run.outcome();
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class FaultRun {
  readonly #scenario: Scenario;
  readonly #onset: number;
  readonly #counterfactual: Counterfactual;
  readonly #recorder: Recorder;
  readonly #watch = new IncidentWatch();
  readonly #history = new History();
  readonly #false: FalseIncident[] = [];
  readonly #result: Partial<Mutable<FaultOutcome>> = {};
  #steps = 0;
  #uneven: number | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#onset = scenario.fault!.onset;
    this.#recorder = new Recorder(scenario, windowParameters.steps + 8 * windowParameters.hop);
    this.#counterfactual = new Counterfactual(scenario, new Engine(scenario, this.#recorder));
  }

  get finished(): boolean {
    const { openedAfter, cost } = this.#result;
    const settled = this.#onset + 2 * windowParameters.steps;
    if (openedAfter !== undefined && cost !== undefined && this.#steps >= settled) return true;
    return this.#steps >= this.#onset + faults.lookedForSteps;
  }

  hop(): void {
    for (let i = 0; i < windowParameters.hop; i++) this.#counterfactual.step();
    this.#steps += windowParameters.hop;
    // What is said of healthy jobs is counted elsewhere, in far more windows.
    if (this.#steps <= this.#onset || this.#steps < windowParameters.steps) return;
    const window = this.#recorder.window();
    const judgement = judge(window, { history: this.#history });
    this.#history.observe(window, judgement);
    const { findings } = judgement.verdict;
    const verdicts = findings.map((finding) => this.#verdict(finding));
    const opened = this.#watch.observe(window, judgement).filter(({ kind }) => kind === "opened");
    for (const { incident } of opened) {
      const verdict = this.#verdict(incident.finding);
      const costliest = verdicts.find((one) => one !== "consistent");
      if (verdict !== "consistent") this.#result.firstIsRight ??= (costliest ?? verdict) === "right";
      if (verdict === "right") this.#result.openedAfter ??= this.#steps - this.#onset;
      if (verdict !== "false") continue;
      const { subject, lastStep, finding } = incident;
      this.#false.push({ subject, lastStep, summary: finding.summary });
    }
    const right = findings[verdicts.indexOf("right")];
    if (right) this.#found(right, window);
  }

  #verdict(finding: Finding): Verdict {
    const verdict = matchFault(finding, this.#scenario.fault!, this.#scenario);
    if (verdict !== "false" || finding.kind !== "imbalance") return verdict;
    this.#uneven ??= sequenceSlowdown(this.#scenario);
    return this.#uneven >= unevenFrom ? "consistent" : "false";
  }

  #found(finding: Finding, window: JobWindow): void {
    this.#result.foundAfter ??= this.#steps - this.#onset;
    const late = window.firstStep >= this.#onset;
    if (!late || this.#result.cost) return;
    const truth = this.#counterfactual.cost(window.firstStep, window.steps);
    const { slowdown, waste_gpu_seconds } = finding;
    const said = {
      ...(slowdown === undefined ? {} : { slowdown }),
      ...(waste_gpu_seconds === undefined ? {} : { wasteGpuSeconds: waste_gpu_seconds }),
    };
    this.#result.cost = { truth, said };
    const cause = causeNamed(finding, this.#scenario, window);
    this.#result.cause = { said: cause, right: rightCauses(this.#scenario).includes(cause) };
  }

  outcome(): FaultOutcome {
    const { fault, layout, sequenceCv, computeCv, seed, heard } = this.#scenario;
    const { kind, severity, ranks, node, stage } = fault!;
    const { foundAfter, openedAfter, firstIsRight, cause, cost } = this.#result;
    return {
      kind,
      severity,
      layout: layout.name,
      sequenceCv,
      computeCv,
      seed,
      allHeard: heard.every((one) => one === 1),
      place: stage !== undefined ? `stage ${stage}` : ranks.length === 1 ? `rank ${ranks[0]}` : `node ${node}`,
      foundAfter,
      openedAfter,
      firstIsRight,
      falseIncidents: this.#false,
      cause,
      cost,
    };
  }
}
