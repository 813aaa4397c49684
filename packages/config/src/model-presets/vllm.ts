/** vLLM, engines V0 and V1. A LoRA adapter has the name it is served by in the same label. */
import type { ModelPreset } from "./preset.ts";

export const vllm: ModelPreset = {
  modelLabel: "model_name",
  histograms: [
    { metric: "vllm:request_prompt_tokens", feature: "prompt_tokens", kind: "input" },
    { metric: "vllm:request_params_max_tokens", feature: "max_tokens", kind: "input" },
    { metric: "vllm:request_params_n", feature: "n", kind: "input" },
    { metric: "vllm:request_generation_tokens", feature: "output_tokens", kind: "prediction" },
    { metric: "vllm:e2e_request_latency_seconds", feature: "e2e_seconds", kind: "latency" },
    { metric: "vllm:time_to_first_token_seconds", feature: "first_token_seconds", kind: "latency" },
    { metric: "vllm:inter_token_latency_seconds", feature: "inter_token_seconds", kind: "latency" },
    // Its name before V1.
    { metric: "vllm:time_per_output_token_seconds", feature: "inter_token_seconds", kind: "latency" },
    { metric: "vllm:request_queue_time_seconds", feature: "queue_seconds", kind: "latency" },
  ],
};
