import type { Operation } from "@lockstep/schemas/domain/operation";
import { shown } from "./line-problem.ts";

export class RecordedRunError extends Error {
  override readonly name = "RecordedRunError";
}

export type RecordedRun = {
  readonly job: string;
  /** Ranks of the run: of one file it cannot be told. */
  readonly size: number;
};

/** The rank of `{rank, recs}`, the recorded calls of one rank of a run; undefined where `json` is of another form. */
export function recordedRank(json: unknown): number | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { rank, recs } = json as { rank?: unknown; recs?: unknown };
  return Array.isArray(recs) && typeof rank === "number" && Number.isInteger(rank) && rank >= 0 ? rank : undefined;
}

/**
 * The all-reduces that one rank recorded around its own calls: `{rank, recs: [[seq, start, end], ...]}`, in seconds on the
 * rank's own clock, of one communicator of all ranks. Throws RecordedRunError that names `file` and what is wrong in it.
 */
export function runFromRecords(file: string, json: unknown, { job, size }: RecordedRun): Operation[] {
  const rank = recordedRank(json);
  if (rank === undefined)
    throw new RecordedRunError(`${file}: found ${shown(json)}, expected {"rank": 0, "recs": [[seq, start, end], ...]}`);
  if (rank >= size)
    throw new RecordedRunError(
      `${file}: found rank ${rank}, expected less than ${size}, the number of ranks of the run`,
    );
  const members = Array.from({ length: size }, (_, member) => member);
  const { recs } = json as { recs: unknown[] };
  return recs.map((record, index) => {
    const [seq, start, end] = callOf(file, record, index);
    return {
      job,
      communicator: "world",
      kind: "WORLD",
      process: `rank ${rank}`,
      node: undefined,
      rank,
      size,
      jobRank: rank,
      members,
      collective: "AllReduce",
      seq,
      peer: undefined,
      bytes: undefined,
      execUs: (end - start) * 1e6,
      startUs: start * 1e6,
      timing: "collective_cpu",
    };
  });
}

function callOf(file: string, record: unknown, index: number): [number, number, number] {
  if (Array.isArray(record) && record.length >= 3) {
    const [seq, start, end] = record as unknown[];
    if (typeof seq === "number" && Number.isInteger(seq) && seq >= 0)
      if (typeof start === "number" && typeof end === "number" && end >= start) return [seq, start, end];
  }
  throw new RecordedRunError(
    `${file}, recs[${index}]: found ${shown(record)}, expected [seq, start, end] with seconds and the end not before the start`,
  );
}
