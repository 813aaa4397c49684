import { type Problem, shown } from "../collective-lines/line-problem.ts";
import {
  type InspectorRecord,
  isObject,
  isProblem,
  type Origin,
  originOf,
  type Performance,
  problem,
  recordOf,
  stampUs,
} from "./record.ts";

type Json = Record<string, unknown>;

/** The header and metadata that records without their own belong to: since v4.3 one line tells them for those that follow. */
export type InspectorContext = { readonly header: unknown; readonly metadata: unknown };

export type ParsedLine = {
  /** undefined: a line that tells no operation (statistics, proxies, a summary), which is nothing wrong. */
  readonly read: InspectorRecord | Problem | undefined;
  /** Of the records that follow without their own. */
  readonly context: InspectorContext | undefined;
};

/** Reads one line of an NCCL Inspector file by JSON.parse, the slow way that decides what a line means. */
export function parseRecord(job: string, text: string, context: InspectorContext | undefined): ParsedLine {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const found = `${shown(text)}, which is no JSON`;
    return { read: { field: "line", found, expected: "one whole JSON object" }, context };
  }
  if (!isObject(line)) return { read: problem("line", line, "a JSON object"), context };
  const own = contextOf(line) ?? context;
  const kept = "dump_stats" in line ? contextOf(line) : context;
  const coll = line["coll_perf"];
  const p2p = line["p2p_perf"];
  if (coll === undefined && p2p === undefined) return { read: undefined, context: kept };
  const origin = originOf(job, own?.header, own?.metadata);
  if (isProblem(origin)) return { read: origin, context: kept };
  const dumpedAtUs = isObject(own?.metadata) ? numberIn(own.metadata["dump_timestamp_us"]) : Number.NaN;
  const read =
    coll === undefined
      ? readPerformance(origin, p2p, "p2p", dumpedAtUs)
      : readPerformance(origin, coll, "coll", dumpedAtUs);
  return { read, context: kept };
}

function contextOf(line: Json): InspectorContext | undefined {
  return "header" in line ? { header: line["header"], metadata: line["metadata"] } : undefined;
}

function readPerformance(
  origin: Origin,
  perf: unknown,
  prefix: "coll" | "p2p",
  dumpedAtUs: number,
): InspectorRecord | Problem {
  if (!isObject(perf)) return problem(`${prefix}_perf`, perf, "an object");
  const name = perf[prefix];
  if (typeof name !== "string") return problem(`${prefix}_perf.${prefix}`, name, "the collective's name");
  const timing = perf[`${prefix}_timing_source`];
  const trace = isObject(perf["event_trace_ts"]) ? perf["event_trace_ts"] : {};
  const told: Performance = {
    name,
    seq: numberIn(perf[`${prefix}_sn`]),
    peer: prefix === "p2p" ? numberIn(perf["p2p_peer"]) : Number.NaN,
    bytes: numberIn(perf[`${prefix}_msg_size_bytes`]),
    execUs: numberIn(perf[`${prefix}_exec_time_us`]),
    timing: typeof timing === "string" ? timing : "unknown",
    kernelStartUs: Number.NaN,
    kernelStopUs: Number.NaN,
    enqueuedUs: stampUs(numberIn(trace[`${prefix}_start_ts`])),
  };
  // Some builds write `events` in place of `kernel_events`, of the trace or of the operation itself.
  for (const events of [trace["kernel_events"], trace["events"], perf["events"]]) addKernels(told, events);
  return recordOf(origin, told, prefix, dumpedAtUs);
}

function addKernels(told: Performance, events: unknown): void {
  if (!Array.isArray(events)) return;
  for (const event of events) {
    if (!isObject(event)) continue;
    const stamps = isObject(event["event_trace_ts"]) ? event["event_trace_ts"] : event;
    const start = stampUs(numberIn(stamps["kernel_start_ts"]));
    const stop = stampUs(numberIn(stamps["kernel_stop_ts"]));
    if (!(told.kernelStartUs <= start) && start > 0) told.kernelStartUs = start;
    if (!(told.kernelStopUs >= stop) && stop > 0) told.kernelStopUs = stop;
  }
}

/** NaN where it is no number: NCCL writes "nan" for one, and what cannot be read must not become 0. */
function numberIn(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
