import { basename, dirname } from "node:path";
import { jobOfInspectorFolder } from "@lockstep/formats/inspector/job-of-folder";

/** The job of a file that nobody names: the Slurm job in its folder's name, else that name. */
export function jobOfFile(path: string): string {
  const folder = dirname(path);
  return jobOfInspectorFolder(folder) ?? basename(folder);
}
