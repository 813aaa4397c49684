import { expect, test } from "vitest";
import { collectiveName } from "./collective-name.ts";

const table: [string, string][] = [
  ["AllReduce", "AllReduce"],
  ["all_reduce", "AllReduce"],
  ["ncclAllReduce", "AllReduce"],
  ["nccl:all_reduce", "AllReduce"],
  ["c10d::allreduce_", "AllReduce"],
  ["all_reduce_perf", "AllReduce"],
  ["_allgather_base", "AllGather"],
  ["nccl:_all_gather_base", "AllGather"],
  ["all_gather_into_tensor", "AllGather"],
  ["ALLGATHER_coalesced", "AllGather"],
  ["_reduce_scatter_base", "ReduceScatter"],
  ["reduce_scatter_tensor", "ReduceScatter"],
  ["reduce_scatter_tensor_coalesced", "ReduceScatter"],
  ["AlltoAll", "AllToAll"],
  ["all_to_all_single", "AllToAll"],
  ["alltoall_perf", "AllToAll"],
  ["broadcast", "Broadcast"],
  ["gloo:send 0->3", "Send"],
  ["irecv", "Recv"],
  ["barrier", "Barrier"],
  ["sendrecv_perf", "SendRecv"],
  ["hypercube_perf", "hypercube_perf"],
  ["my own", "my own"],
  ["", ""],
  ["constructor", "constructor"],
];

test.each(table)("%s is %s", (name, expected) => expect(collectiveName(name)).toBe(expected));
