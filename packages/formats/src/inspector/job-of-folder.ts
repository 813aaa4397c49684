const prefix = "nccl-inspector-";

/** The Slurm job that NCCL Inspector names its folder by; undefined where it knew none or the folder has another name. */
export function jobOfInspectorFolder(folder: string): string | undefined {
  const name = folder.replace(/\/+$/, "").replace(/^.*\//, "");
  if (!name.startsWith(prefix)) return undefined;
  const job = name.slice(prefix.length);
  return job === "" || job === "unknown-jobid" ? undefined : job;
}
