/** What kind of trace a file holds, by its beginning: names of such files are whatever somebody called them. */

export type TraceKind =
  | "inspector"
  | "inspector_prom"
  | "lines"
  | "recorded_run"
  | "nccl_tests"
  | "step_trace"
  | "flight_recorder"
  | "ras"
  | "topology";

/** Enough for a header; one record of a large communicator may be longer, and is told by its first keys. */
const HEAD = 4096;

/** Undefined where it is none that is known. */
export function recognise(content: Buffer): TraceKind | undefined {
  if (content.subarray(0, 4).toString("latin1") === "PAR1") return "step_trace";
  // A pickle: protocol 2 and later begin with PROTO.
  if (content[0] === 0x80) return "flight_recorder";
  const head = content.subarray(0, HEAD).toString("utf8").trimStart();
  if (head.startsWith("{")) return recogniseJson(head);
  if (/^nccl_\w+\{/m.test(head)) return "inspector_prom";
  if (/nccl-tests version|^#\s*nThread|out-of-place|Collective test starting/m.test(head)) return "nccl_tests";
  return undefined;
}

function recogniseJson(head: string): TraceKind | undefined {
  const firstLine = head.split("\n", 1)[0]!;
  if (/"coll_perf"|"p2p_perf"|"inspector_output_format_version"|^\{"header"/.test(firstLine)) return "inspector";
  if (/"recs"\s*:/.test(head)) return "recorded_run";
  if (/"communicators"\s*:\s*\[/.test(head) || /"nccl_version"[\s\S]*"communicators_count"/.test(head)) return "ras";
  if (/^\{\s*"ranks"\s*:\s*\[/.test(head)) return "topology";
  if (/"pg_status"|"pg_config"|"entries"\s*:/.test(head) || /"max_seq"\s*:/.test(head)) return "flight_recorder";
  if (/"comm_id"|"op"\s*:/.test(firstLine)) return "lines";
  return undefined;
}
