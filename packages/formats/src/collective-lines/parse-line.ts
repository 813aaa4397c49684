import type { GroupKind, Operation, TimingSource } from "@lockstep/schemas/domain/operation";
import { collectiveName } from "./collective-name.ts";
import { type Problem, shown } from "./line-problem.ts";
import type { MemberMemory } from "./member-memory.ts";
import { microseconds, nanosecondsIn } from "./nanoseconds.ts";

type Json = Record<string, unknown>;

/** Ends the reading of one line; never leaves this file. */
class BadField extends Error {
  readonly problem: Problem;

  constructor(field: string, found: unknown, expected: string) {
    super(field);
    this.problem = { field, found: shown(found), expected };
  }
}

const kinds = new Set<string>(["TP", "PP", "DP", "CP", "EP", "WORLD"]);
const timings = new Set<string>(["kernel_gpu", "kernel_cpu", "collective_cpu"]);
const maxName = 256;

/**
 * One line `{job, comm_id, kind, members, rank, op, seq, bytes, start_ns, end_ns | exec_us, timing_source?, node?, pid?, size?,
 * peer?}`: ranks are those of the job, `members` the ranks of the communicator in its order. `job` may be missing where
 * `ofJob` is given, `members` where `size` is given and the communicator counts its ranks as the job does.
 */
export function parseCollectiveLine(text: string, ofJob?: string, memory?: MemberMemory): Operation | Problem {
  try {
    return operationOf(objectOf(text), text, ofJob, memory);
  } catch (error) {
    if (error instanceof BadField) return error.problem;
    throw error;
  }
}

function objectOf(text: string): Json {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BadField("line", text, "one whole JSON object");
  }
  if (typeof line !== "object" || line === null || Array.isArray(line))
    throw new BadField("line", line, "a JSON object");
  return line as Json;
}

function operationOf(line: Json, text: string, ofJob: string | undefined, memory: MemberMemory | undefined): Operation {
  const communicator = name(line, "comm_id");
  const jobRank = count(line, "rank");
  const node = line["node"] === undefined ? undefined : name(line, "node");
  const members = membersOf(line, communicator, memory);
  const size = sizeOf(line, members);
  const { startUs, execUs } = timesOf(line, text);
  return {
    job: line["job"] === undefined && ofJob !== undefined ? ofJob : name(line, "job"),
    communicator,
    kind: kindOf(line["kind"]),
    process: node !== undefined && line["pid"] !== undefined ? `${node}/${count(line, "pid")}` : `rank ${jobRank}`,
    node,
    rank: placeOf("rank", jobRank, members, size),
    size,
    jobRank,
    members,
    collective: collectiveName(name(line, "op")),
    seq: count(line, "seq"),
    peer: line["peer"] === undefined ? undefined : placeOf("peer", count(line, "peer"), members, size),
    bytes: line["bytes"] === undefined || line["bytes"] === null ? undefined : amount(line, "bytes"),
    execUs,
    startUs,
    timing: timingOf(line["timing_source"]),
  };
}

function timesOf(line: Json, text: string): { startUs: number | undefined; execUs: number } {
  const start = timeOf(line, text, "start_ns");
  const end = timeOf(line, text, "end_ns");
  if (line["exec_us"] !== undefined) {
    const execUs = amount(line, "exec_us");
    if (start !== undefined) return { startUs: microseconds(start), execUs };
    return { startUs: end === undefined ? undefined : microseconds(end) - execUs, execUs };
  }
  if (start === undefined)
    throw new BadField("start_ns", undefined, "nanoseconds, or exec_us in place of it and end_ns");
  if (end === undefined) throw new BadField("end_ns", undefined, "nanoseconds, or exec_us");
  if (end < start) throw new BadField("end_ns", end, `not less than start_ns, which is ${start}`);
  return { startUs: microseconds(start), execUs: Number(end - start) / 1000 };
}

function timeOf(line: Json, text: string, key: string): bigint | undefined {
  if (line[key] === undefined || line[key] === null) return undefined;
  const time = nanosecondsIn(text, key, line[key]);
  if (time === undefined) throw new BadField(key, line[key], "nanoseconds from 0, a number or a string of digits");
  return time;
}

function membersOf(line: Json, communicator: string, memory: MemberMemory | undefined): readonly number[] | undefined {
  const members = line["members"];
  if (members === undefined || members === null) return undefined;
  if (!Array.isArray(members) || members.length === 0) throw new BadField("members", members, "a list of job ranks");
  const known = memory?.known(communicator, members);
  if (known !== undefined) return known;
  for (const member of members)
    if (!Number.isInteger(member) || member < 0)
      throw new BadField("members", member, "job ranks, whole numbers from 0");
  memory?.keep(communicator, members as number[]);
  return members as number[];
}

function sizeOf(line: Json, members: readonly number[] | undefined): number {
  if (line["size"] === undefined) {
    if (members === undefined)
      throw new BadField("members", undefined, "the job ranks of the communicator, or its size");
    return members.length;
  }
  const size = count(line, "size");
  if (members !== undefined && members.length !== size)
    throw new BadField("size", size, `the number of members, which is ${members.length}`);
  return size;
}

/** Job rank -> rank in the communicator. */
function placeOf(field: string, jobRank: number, members: readonly number[] | undefined, size: number): number {
  if (members !== undefined) {
    const place = members.indexOf(jobRank);
    if (place < 0) throw new BadField(field, jobRank, `one of the members ${shown(members)}`);
    return place;
  }
  if (jobRank >= size) throw new BadField(field, jobRank, `less than size, which is ${size}, or members`);
  return jobRank;
}

function kindOf(kind: unknown): GroupKind {
  if (kind === undefined || kind === null) return "?";
  if (typeof kind !== "string") throw new BadField("kind", kind, "TP, PP, DP, CP, EP, WORLD or ?");
  const upper = kind.toUpperCase();
  return kinds.has(upper) ? (upper as GroupKind) : "?";
}

function timingOf(source: unknown): TimingSource {
  return typeof source === "string" && timings.has(source) ? (source as TimingSource) : "unknown";
}

function name(line: Json, key: string): string {
  const value = line[key];
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text !== "" && text.length <= maxName) return text;
  throw new BadField(key, value, `a name of 1 to ${maxName} characters`);
}

function count(line: Json, key: string): number {
  const value = line[key];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new BadField(key, value, "a whole number from 0");
}

function amount(line: Json, key: string): number {
  const value = line[key];
  if (typeof value === "number" && value >= 0) return value;
  throw new BadField(key, value, "a number from 0");
}
