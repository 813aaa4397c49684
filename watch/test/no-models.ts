/** For tests of what judges jobs: nothing is said of models. */
import type { DriftWork } from "../src/detect/drift/drift-work.ts";

export const noModels: DriftWork = {
  due: async () => [],
  judge: async () => [],
  observe: async ({ untilMs }) => ({ models: [], rows: 0, dropped: [], nextMs: untilMs }),
  forget() {},
  close: async () => {},
};
