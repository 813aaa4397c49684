import type { FolderSnapshot } from "@lockstep/analysis/fold/folder-snapshot";
import { ProcessFolder } from "@lockstep/analysis/fold/process-folder";
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { OpenFold } from "./process-folds.ts";

/** The fold of the product: finds the step of a process and gives a row for each communicator and collective in it. */
export const openProcessFold: OpenFold = ({ job, process }, onRow, snapshot) => {
  const folder = restored(snapshot, onRow) ?? new ProcessFolder({ job, process, onRow });
  return {
    add: (operation) => folder.push(operation),
    flush: () => folder.flush(),
    snapshot: () => JSON.stringify(folder.snapshot()),
    notEnoughData: () => folder.status.notEnoughData,
  };
};

/** Of another version it is no use: the step that was under way is lost, and the following ones are found anew. */
function restored(snapshot: string | undefined, onRow: (row: StepRow) => void): ProcessFolder | undefined {
  if (snapshot === undefined) return undefined;
  try {
    return ProcessFolder.restore(JSON.parse(snapshot) as FolderSnapshot, onRow);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
