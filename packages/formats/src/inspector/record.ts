import type { GroupKind, Operation, TimingSource } from "@lockstep/schemas/domain/operation";
import { collectiveName } from "../collective-lines/collective-name.ts";
import { groupKindOfName } from "../collective-lines/group-kind-of-name.ts";
import { type Problem, shown } from "../collective-lines/line-problem.ts";

/** One line of an NCCL Inspector file that tells an operation. */
export type InspectorRecord = {
  /** Its communicator is `header.id`, its process "hostname/pid", its rank that in the communicator. */
  readonly operation: Operation;
  /** As the training code named the communicator; undefined where it did not. */
  readonly communicatorName: string | undefined;
  /** When the record was written, milliseconds since 1970: long after the operation, where the dump interval is long. */
  readonly dumpedAtMs: number | undefined;
};

/** Who wrote a record: what `header` and `metadata` say together. */
export type Origin = {
  readonly job: string;
  readonly communicator: string;
  readonly communicatorName: string | undefined;
  readonly kind: GroupKind;
  readonly rank: number;
  readonly size: number;
  readonly process: string;
  readonly node: string | undefined;
};

/** What `coll_perf` or `p2p_perf` says. Numbers that are not told are NaN. */
export type Performance = {
  name: string;
  seq: number;
  peer: number;
  bytes: number;
  execUs: number;
  timing: string;
  /** Earliest start and latest stop of the kernels of its channels, microseconds. */
  kernelStartUs: number;
  kernelStopUs: number;
  /** When the operation was enqueued, microseconds. */
  enqueuedUs: number;
};

type Json = Record<string, unknown>;

/** The origin of a record's operations, or what is wrong with its header. */
export function originOf(job: string, header: unknown, metadata: unknown): Origin | Problem {
  if (!isObject(header)) return problem("header", header, "an object with id, rank and n_ranks");
  const { id, comm_name: name, rank, n_ranks: size } = header;
  if (typeof id !== "string" || id === "") return problem("header.id", id, "the communicator's hash as a string");
  if (!isCount(size) || size === 0) return problem("header.n_ranks", size, "a whole number from 1");
  if (!isCount(rank) || rank >= size) return problem("header.rank", rank, `a whole number from 0 to ${size - 1}`);
  const { hostname, pid } = isObject(metadata) ? metadata : {};
  const node = typeof hostname === "string" && hostname !== "" ? hostname : undefined;
  const communicatorName = typeof name === "string" && name !== "" && name !== "unknown" ? name : undefined;
  return {
    job,
    communicator: id,
    communicatorName,
    kind: communicatorName === undefined ? "?" : groupKindOfName(communicatorName),
    rank,
    size,
    process: node !== undefined && isCount(pid) ? `${node}/${pid}` : `rank ${rank}`,
    node,
  };
}

const timingSources = new Map<string, TimingSource>([
  ["kernel_gpu", "kernel_gpu"],
  ["kernel_cpu", "kernel_cpu"],
  ["collective_cpu", "collective_cpu"],
]);

/** The record of one operation, or what is wrong with it. `prefix` is "coll" or "p2p". */
export function recordOf(
  origin: Origin,
  told: Performance,
  prefix: "coll" | "p2p",
  dumpedAtUs: number,
): InspectorRecord | Problem {
  const perf = `${prefix}_perf`;
  if (told.name === "") return problem(`${perf}.${prefix}`, told.name, "the collective's name");
  if (!isCount(told.seq)) return problem(`${perf}.${prefix}_sn`, told.seq, "a whole number from 0");
  const execUs = told.execUs >= 0 ? told.execUs : told.kernelStopUs - told.kernelStartUs;
  if (!(execUs >= 0)) return problem(`${perf}.${prefix}_exec_time_us`, told.execUs, "microseconds from 0");
  const startUs = told.kernelStartUs > 0 ? told.kernelStartUs : told.enqueuedUs;
  const operation: Operation = {
    job: origin.job,
    communicator: origin.communicator,
    kind: origin.kind,
    process: origin.process,
    node: origin.node,
    rank: origin.rank,
    size: origin.size,
    jobRank: undefined,
    members: undefined,
    collective: collectiveName(told.name),
    seq: told.seq,
    peer: told.peer >= 0 ? told.peer : undefined,
    bytes: told.bytes >= 0 ? told.bytes : undefined,
    execUs,
    startUs: startUs > 0 ? startUs : undefined,
    timing: timingSources.get(told.timing) ?? "unknown",
  };
  return {
    operation,
    communicatorName: origin.communicatorName,
    dumpedAtMs: dumpedAtUs > 0 ? dumpedAtUs / 1000 : undefined,
  };
}

export function isProblem(read: object): read is Problem {
  return "expected" in read;
}

export function problem(field: string, found: unknown, expected: string): Problem {
  return { field, found: typeof found === "number" && Number.isNaN(found) ? "no number" : shown(found), expected };
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

/** Later than any clock will tell for long: larger numbers are a GPU's own nanoseconds. */
const latestUs = 1e16;

/** The time if it can be one in microseconds since 1970, else NaN: a stamp of 0 was never taken. */
export function stampUs(value: number): number {
  return value > 0 && value < latestUs ? value : Number.NaN;
}
