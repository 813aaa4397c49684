import type { Collective } from "@lockstep/schemas/domain/operation";

/** By the name in small letters without anything that is no letter. Sources: NCCL's own names and torch.distributed's. */
const names = new Map<string, Collective>([
  ["allreduce", "AllReduce"],
  ["allreducecoalesced", "AllReduce"],
  ["allreducesparse", "AllReduce"],
  ["allgather", "AllGather"],
  ["allgatherbase", "AllGather"],
  ["allgathercoalesced", "AllGather"],
  ["allgatherinto", "AllGather"],
  ["allgatherintotensor", "AllGather"],
  ["allgatherintotensorcoalesced", "AllGather"],
  ["allgatherv", "AllGather"],
  ["reducescatter", "ReduceScatter"],
  ["reducescatterbase", "ReduceScatter"],
  ["reducescattercoalesced", "ReduceScatter"],
  ["reducescattertensor", "ReduceScatter"],
  ["reducescattertensorcoalesced", "ReduceScatter"],
  ["reducescatterv", "ReduceScatter"],
  ["alltoall", "AllToAll"],
  ["alltoallbase", "AllToAll"],
  ["alltoallsingle", "AllToAll"],
  ["alltoallv", "AllToAll"],
  ["broadcast", "Broadcast"],
  ["broadcastcoalesced", "Broadcast"],
  ["bcast", "Broadcast"],
  ["reduce", "Reduce"],
  ["gather", "Gather"],
  ["scatter", "Scatter"],
  ["barrier", "Barrier"],
  ["send", "Send"],
  ["isend", "Send"],
  ["recv", "Recv"],
  ["irecv", "Recv"],
  ["recvanysource", "Recv"],
  ["sendrecv", "SendRecv"],
]);

/** Names as they came before: a trace has few of them, and repeats them in every line. */
const seen = new Map<string, Collective>();
const maxSeen = 1000;

/**
 * NCCL's name of a collective that NCCL, torch.distributed (`nccl:_allgather_base`, `c10d::allreduce_`) or nccl-tests
 * (`all_reduce_perf`) names in its own way; a name that is not known is kept as it came.
 */
export function collectiveName(name: string): Collective {
  const before = seen.get(name);
  if (before !== undefined) return before;
  const bare = name
    .replace(/^.*:/, "")
    .toLowerCase()
    .replace(/_perf$/, "")
    .replaceAll(/[^a-z]/g, "");
  const collective = names.get(bare) ?? names.get(bare.replace(/^nccl/, "")) ?? name;
  if (seen.size < maxSeen) seen.set(name, collective);
  return collective;
}
