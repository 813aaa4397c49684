/** Text Generation Inference: one model a server, which its metrics do not name. */
import type { ModelPreset } from "./preset.ts";

export const tgi: ModelPreset = {
  histograms: [
    { metric: "tgi_request_input_length", feature: "prompt_tokens", kind: "input" },
    { metric: "tgi_request_max_new_tokens", feature: "max_tokens", kind: "input" },
    { metric: "tgi_request_generated_tokens", feature: "output_tokens", kind: "prediction" },
    { metric: "tgi_request_duration", feature: "e2e_seconds", kind: "latency" },
    { metric: "tgi_request_mean_time_per_token_duration", feature: "inter_token_seconds", kind: "latency" },
    { metric: "tgi_request_queue_duration", feature: "queue_seconds", kind: "latency" },
  ],
};
