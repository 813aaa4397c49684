import { defineConfig } from "vitest/config";

const shared = {
  root: import.meta.dirname,
  pool: "forks" as const,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/** These mostly wait: for a fault that heats a GPU up, for processes that were killed. */
const WAITING = ["test/pages.e2e.ts", "test/chaos.e2e.ts"];

export default defineConfig({
  test: {
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
