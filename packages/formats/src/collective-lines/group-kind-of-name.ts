/** What the name that training code gives a process group says of its kind. */
import type { GroupKind } from "@lockstep/schemas/domain/operation";

/** The first that matches decides: expert groups have tensor, data and pipeline parallel parts of their own. */
const patterns: readonly (readonly [RegExp, GroupKind])[] = [
  [/^(default_pg|default|world|global)(_?group)?$/, "WORLD"],
  // Groups that span several dimensions have no kind of their own.
  [/tensor_and_|model_and_|tp_cp|tp_dp|mp_group|^model_parallel|embedding|^mp$/, "?"],
  [/expert_(model_parallel|parallel)|^ep\b|(^|_)ep(_|$)|^mesh_ep/, "EP"],
  [/expert_(data|dp)/, "DP"],
  [/expert_tensor/, "TP"],
  [
    /data_parallel|data_modulo|^dp\b|(^|_)(dp|fsdp|ddp|hsdp|dp_shard|dp_replicate|dp_cp)(_|$)|zero|optimizer_instance/,
    "DP",
  ],
  [/context_parallel|sequence_parallel|(^|_)(cp|sp|ulysses|ring)(_|$)/, "CP"],
  [/pipeline|(^|_)pp(_|$)/, "PP"],
  [/tensor|(^|_)(tp|mp)(_|$)/, "TP"],
];

/**
 * TENSOR_MODEL_PARALLEL_GROUP, EXPERT_DATA_PARALLEL_GROUP (Megatron), "mesh_tp", "default_pg" (torch), "dp_shard":
 * "?" where the name says nothing, or names a group over several dimensions.
 */
export function groupKindOfName(name: string): GroupKind {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  for (const [pattern, kind] of patterns) if (pattern.test(plain)) return kind;
  return "?";
}
