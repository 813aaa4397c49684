/** The operations of one worker in one step, sorted out: the unit that dependencies are built from. */
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { type Direction, type OptypeRole, roleOf } from "./optype-role.ts";

/** Rows of the trace, each list in the order of their starts. */
export type WorkerStep = {
  /** Index into the trace's steps and workers. */
  readonly step: number;
  readonly worker: number;
  readonly rows: readonly number[];
  readonly compute: readonly number[];
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  readonly sends: Readonly<Record<Direction, readonly number[]>>;
  readonly receives: Readonly<Record<Direction, readonly number[]>>;
  /** Collectives among the replicas that began before compute was over: they run beside it. */
  readonly beside: readonly number[];
  /** All the rest: what ends the step. */
  readonly tail: readonly number[];
  /** Seconds, of the last compute; -Infinity without any. */
  readonly computeEndS: number;
};

export function endS(trace: StepTrace, row: number): number {
  return trace.startS[row]! + trace.durationS[row]!;
}

/** By step, then by worker. */
export function workerSteps(trace: StepTrace): WorkerStep[] {
  const roles = trace.optypes.map(roleOf);
  const rows = Array.from({ length: trace.length }, (_, row) => row).sort(
    (a, b) =>
      trace.step[a]! - trace.step[b]! ||
      trace.worker[a]! - trace.worker[b]! ||
      trace.startS[a]! - trace.startS[b]! ||
      trace.seq[a]! - trace.seq[b]! ||
      trace.optype[a]! - trace.optype[b]!,
  );
  const found: WorkerStep[] = [];
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && samePlace(trace, rows[from]!, rows[to]!)) to++;
    found.push(sortedOut(trace, roles, rows.slice(from, to)));
    from = to;
  }
  return found;
}

function samePlace(trace: StepTrace, a: number, b: number): boolean {
  return trace.step[a] === trace.step[b] && trace.worker[a] === trace.worker[b];
}

function sortedOut(trace: StepTrace, roles: readonly OptypeRole[], rows: readonly number[]): WorkerStep {
  const of = (matches: (role: OptypeRole) => boolean) => rows.filter((row) => matches(roles[trace.optype[row]!]!));
  const towards = (kind: OptypeRole["kind"], direction: Direction) =>
    of((role) => role.kind === kind && "direction" in role && role.direction === direction);
  const compute = of(({ kind }) => kind === "compute");
  const computeEndS = compute.reduce((last, row) => Math.max(last, endS(trace, row)), Number.NEGATIVE_INFINITY);
  const isBeside = (row: number) => {
    const role = roles[trace.optype[row]!]!;
    return role.kind === "collective" && role.among === "replicas" && trace.startS[row]! < computeEndS;
  };
  const others = of(({ kind }) => kind === "collective" || kind === "local");
  return {
    step: trace.step[rows[0]!]!,
    worker: trace.worker[rows[0]!]!,
    rows,
    compute,
    forward: towards("compute", "forward"),
    backward: towards("compute", "backward"),
    sends: { forward: towards("send", "forward"), backward: towards("send", "backward") },
    receives: { forward: towards("receive", "forward"), backward: towards("receive", "backward") },
    beside: others.filter(isBeside),
    tail: others.filter((row) => !isBeside(row)),
    computeEndS,
  };
}
