/** The verdict of a step trace: who or what makes its steps longer, with the what-if replay as the measure of impact. */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import type { Evidence, Verdict } from "@lockstep/schemas/domain/finding";
import { type Replay, replayOf } from "./replay.ts";
import { slowStages } from "./slow-stages.ts";
import { slowTransfers } from "./slow-transfers.ts";
import { slowWorkers } from "./slow-workers.ts";
import {
  replicaFinding,
  type Scene,
  stageFinding,
  transferFinding,
  unevenFinding,
  workerFinding,
} from "./trace-findings.ts";
import { unevenBatches } from "./uneven-batches.ts";
import { WhatIf } from "./what-if.ts";
import { workTable } from "./work-table.ts";

export type TraceVerdict = { readonly verdict: Verdict; readonly replay: Replay };

/** With fewer steps nobody can be said to be slow persistently. */
const leastSteps = 5;

/** Pure. `job` names the verdict's job: a trace does not tell it. */
export function judgeTrace(trace: StepTrace, job: string): TraceVerdict {
  const whatIf = new WhatIf(trace);
  const replay = replayOf(whatIf);
  const scene: Scene = { job, trace, replay, slowdownEvidence: slowdownEvidence(replay) };
  const usable = whatIf.usable.reduce((sum, each) => sum + each, 0);
  const work = workTable(whatIf);
  const { workers, replicas } = slowWorkers(whatIf, work);
  const uneven = unevenBatches(whatIf);
  const findings = [
    ...workers.map((each) => workerFinding(scene, each)),
    ...replicas.map((each) => replicaFinding(scene, each)),
    ...slowStages(whatIf, work).map((each) => stageFinding(scene, each)),
    ...slowTransfers(whatIf).map((each) => transferFinding(scene, each)),
    ...(uneven ? [unevenFinding(scene, uneven)] : []),
  ].sort((a, b) => (b.slowdown ?? 1) - (a.slowdown ?? 1));
  const missing = findings.length > 0 ? undefined : notEnough(trace, usable);
  return { verdict: { job, findings, ...(missing === undefined ? {} : { not_enough_data: missing }) }, replay };
}

function slowdownEvidence({ slowdown, workersShare, lastStageShare }: Replay): Evidence[] {
  const all: Evidence[] = [
    { what: "slow-down of the step against ideal operations (S)", value: slowdown, unit: "x" },
    { what: "of it by the worst 3 % of the workers (M_W)", value: 100 * workersShare, unit: "%" },
    { what: "of it by the last stage (M_S)", value: 100 * lastStageShare, unit: "%" },
  ];
  return all.filter(({ value }) => !Number.isNaN(value));
}

function notEnough(trace: StepTrace, usable: number): string | undefined {
  if (usable === 0)
    return (
      `none of the ${trace.steps.length} steps can be replayed: their operations wait for one another in a circle. ` +
      "Is the trace whole, and each operation in it once?"
    );
  if (usable < leastSteps)
    return `${usable} steps that can be replayed, at least ${leastSteps} are needed: record more steps`;
  if (trace.dpSize < 2 && trace.stages < 2) return "one worker has nobody to be compared with: record the others too";
  return undefined;
}
