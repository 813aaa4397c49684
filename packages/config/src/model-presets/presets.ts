import type { ModelPresetName } from "@lockstep/schemas/files/prometheus-yml";
import { kserve } from "./kserve.ts";
import type { ModelPreset } from "./preset.ts";
import { sglang } from "./sglang.ts";
import { tgi } from "./tgi.ts";
import { triton } from "./triton.ts";
import { vllm } from "./vllm.ts";

export const MODEL_PRESETS: Readonly<Record<ModelPresetName, ModelPreset>> = { vllm, triton, tgi, sglang, kserve };
