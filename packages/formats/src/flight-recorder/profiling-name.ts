import { collectiveName } from "../collective-lines/collective-name.ts";
import type { DumpCollective } from "./dump.ts";

export type ProfilingName = {
  readonly backend: string;
  readonly collective: DumpCollective;
  /** Send and Recv: the other end's rank in the group. */
  readonly peer: number | undefined;
};

/** "nccl:_all_gather_base" is an AllGather of nccl, "nccl:send 0->3" a Send to 3, "nccl:recv 0<-3" a Recv from 3. */
export function readProfilingName(name: string): ProfilingName {
  const colon = name.indexOf(":");
  const backend = colon < 0 ? "" : name.slice(0, colon);
  const operation = name.slice(colon + 1);
  const end = /^(send|recv)\s*(\d{1,9})?\s*(?:->|<-)\s*(\d{1,9})/.exec(operation);
  if (end !== null) return { backend, collective: end[1] === "send" ? "Send" : "Recv", peer: Number(end[3]) };
  return { backend, collective: collectiveOf(operation), peer: undefined };
}

function collectiveOf(operation: string): DumpCollective {
  if (/^coalesced/.test(operation)) return "Coalesced";
  // A barrier is an all-reduce of one element; the uneven forms of all-gather and reduce-scatter record their parts so.
  if (/barrier/i.test(operation)) return "Barrier";
  return collectiveName(operation.replace(/_oop$/, ""));
}
