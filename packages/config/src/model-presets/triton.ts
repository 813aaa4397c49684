/** Triton Inference Server. Its latency histograms want --metrics-config histogram_latencies=true. */
import type { ModelPreset } from "./preset.ts";

export const triton: ModelPreset = {
  modelLabel: "model",
  versionLabel: "version",
  histograms: [
    { metric: "nv_inference_first_response_histogram_ms", feature: "first_response_ms", kind: "latency" },
    // By the metric's HELP line in some releases.
    { metric: "nv_first_response_histogram_ms", feature: "first_response_ms", kind: "latency" },
  ],
};
