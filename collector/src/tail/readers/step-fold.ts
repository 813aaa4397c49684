import type { FolderSnapshot } from "@lockstep/analysis/fold/folder-snapshot";
import { ProcessFolder } from "@lockstep/analysis/fold/process-folder";
import type { OpenFold } from "./process-folds.ts";

/** The fold of the product: finds the step of a process and gives a row for each communicator and collective in it. */
export const openProcessFold: OpenFold = ({ job, process }, onRow, snapshot) => {
  const folder =
    snapshot === undefined
      ? new ProcessFolder({ job, process, onRow })
      : ProcessFolder.restore(JSON.parse(snapshot) as FolderSnapshot, onRow);
  return {
    add: (operation) => folder.push(operation),
    flush: () => folder.flush(),
    snapshot: () => JSON.stringify(folder.snapshot()),
    notEnoughData: () => folder.status.notEnoughData,
  };
};
