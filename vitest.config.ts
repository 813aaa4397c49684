import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: ["**/node_modules/**", "**/.next/**", "e2e/**"],
    pool: "forks",
    // More than the cores of a small machine: tests with a real broker mostly wait for it.
    maxWorkers: 3,
    testTimeout: 30_000,
  },
});
