/** SGLang with --enable-metrics; its token histograms want --collect-tokens-histogram too. */
import type { ModelPreset } from "./preset.ts";

export const sglang: ModelPreset = {
  modelLabel: "model_name",
  histograms: [
    { metric: "sglang:prompt_tokens_histogram", feature: "prompt_tokens", kind: "input" },
    { metric: "sglang:generation_tokens_histogram", feature: "output_tokens", kind: "prediction" },
    { metric: "sglang:e2e_request_latency_seconds", feature: "e2e_seconds", kind: "latency" },
    { metric: "sglang:time_to_first_token_seconds", feature: "first_token_seconds", kind: "latency" },
    { metric: "sglang:inter_token_latency_seconds", feature: "inter_token_seconds", kind: "latency" },
    // Its name in earlier releases.
    { metric: "sglang:time_per_output_token_seconds", feature: "inter_token_seconds", kind: "latency" },
    { metric: "sglang:queue_time_seconds", feature: "queue_seconds", kind: "latency" },
  ],
};
