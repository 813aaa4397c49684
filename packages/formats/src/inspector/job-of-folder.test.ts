import { expect, test } from "vitest";
import { jobOfInspectorFolder } from "./job-of-folder.ts";

const table: [string, string | undefined][] = [
  ["/scratch/nccl-inspector-4711/", "4711"],
  ["nccl-inspector-4711_3", "4711_3"],
  ["/scratch/nccl-inspector-unknown-jobid", undefined],
  ["nccl-inspector-", undefined],
  ["/nccl-inspector-4711/other", undefined],
];

test.each(table)("%s", (folder, job) => expect(jobOfInspectorFolder(folder)).toBe(job));
