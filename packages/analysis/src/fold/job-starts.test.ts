import type { Operation } from "@lockstep/schemas/domain/operation";
import { expect, test } from "vitest";
import { judgeRun } from "../straggler/judge-run.ts";
import { trainingJob } from "./testdata/training-job.ts";
import { foldOperations } from "./window-from-operations.ts";

const operations = trainingJob({ tp: 2, pp: 1, dp: 4, microBatches: 4, layers: 3, steps: 40, gradNorm: true })
  .flat()
  .map(({ operation }) => operation);

/** The same job begun again: other processes and communicators, its steps and clocks from another time. */
function begunAgain(laterUs: number): Operation[] {
  return operations.map((operation) => ({
    ...operation,
    process: `${operation.process}9`,
    communicator: `${operation.communicator} again`,
    ...(operation.startUs !== undefined && { startUs: operation.startUs + laterUs }),
  }));
}

test("two starts of a job are judged apart: ranks keep their numbers, and nobody is slow", () => {
  const { starts } = foldOperations([...operations, ...begunAgain(3600e6)]);
  expect(starts.map((windows) => windows[0]!.ranks.length)).toEqual([8, 8]);
  for (const windows of starts) expect(judgeRun(windows).findings).toEqual([]);
});

test("groups that were there at the same time are one start, though nothing links them", () => {
  const { starts } = foldOperations(operations.filter(({ size }) => size === 2));
  expect(starts).toHaveLength(1);
  expect(starts[0]![0]!.communicators).toHaveLength(4);
});

test("what is not dated is one start", () => {
  const undated = operations.map((operation) => ({ ...operation, startUs: undefined }));
  expect(foldOperations(undated).starts).toHaveLength(1);
});
