import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const shared = {
  root: import.meta.dirname,
  pool: "forks" as const,
  testTimeout: 120_000,
  // Longer than a start may take.
  hookTimeout: 180_000,
};

/** These mostly wait: for a fault that heats a GPU up, for processes that were killed. Those that wait longest first. */
const WAITING = ["pages", "chaos", "kill", "trouble", "samples", "prometheus"].map((name) => `test/${name}.e2e.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => WAITING.findIndex((name) => moduleId.endsWith(name));
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: "side by side",
          include: WAITING,
          maxWorkers: 2,
          maxConcurrency: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "one by one",
          include: ["test/*.e2e.ts"],
          exclude: WAITING,
          // Each file starts whole systems; side by side they would measure each other.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
