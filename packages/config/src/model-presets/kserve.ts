/** KServe's Python model server. What a model was given and answered is not among its metrics, only how long each part took. */
import type { ModelPreset } from "./preset.ts";

export const kserve: ModelPreset = {
  modelLabel: "model_name",
  histograms: [
    { metric: "request_preprocess_seconds", feature: "preprocess_seconds", kind: "latency" },
    { metric: "request_predict_seconds", feature: "predict_seconds", kind: "latency" },
    { metric: "request_postprocess_seconds", feature: "postprocess_seconds", kind: "latency" },
    { metric: "request_explain_seconds", feature: "explain_seconds", kind: "latency" },
  ],
};
