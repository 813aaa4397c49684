/** Folds a whole job for tests, and remembers to which training step each operation truly belongs. */
import type { Operation } from "@lockstep/schemas/domain/operation";
import { ProcessFolder } from "../process-folder.ts";
import type { StepRow } from "../step-row.ts";
import type { DatedOperation } from "./training-job.ts";

export type FoldedJob = {
  readonly rows: readonly StepRow[];
  readonly folders: readonly ProcessFolder[];
  /** Training step of the last operation of a row, as the generator knows it. */
  truth(row: StepRow): number;
};

export function foldJob(ranks: readonly (readonly DatedOperation[])[]): FoldedJob {
  const steps = new Map<string, number>();
  const rows: StepRow[] = [];
  const folders = ranks.map((operations) => {
    const process = operations[0]!.operation.process;
    const folder = new ProcessFolder({ job: "job", process, onRow: (row) => rows.push(row) });
    for (const { operation, step } of operations) {
      steps.set(keyOf(operation), step);
      folder.push(operation);
    }
    folder.flush();
    return folder;
  });
  return { rows, folders, truth: (row) => steps.get(keyOf(row))! };
}

function keyOf({ process, communicator, collective, peer, seq }: Operation | StepRow): string {
  return `${process} ${communicator} ${collective} ${peer} ${seq}`;
}
