/** A step row as a row of the table `collectives`, and back. */
import type { Collective, GroupKind, TimingSource } from "@lockstep/schemas/domain/operation";
import type { CollectiveRow } from "@lockstep/schemas/queries/collective-rows";
import type { StepRow } from "./step-row.ts";

/**
 * For `encodeRows`; `readAtMs`, milliseconds since 1970, dates what is not dated. The members of the communicator stay behind:
 * the rows of the others tell who they are.
 */
export function toStored(row: StepRow, readAtMs: number): Record<string, unknown> {
  const { peer, node, jobRank, bytes, began, ended, self_us, step_us } = row;
  return {
    job: row.job,
    step: row.step,
    communicator: row.communicator,
    collective: row.collective,
    peer: peer ?? null,
    process: row.process,
    run: row.run,
    ts: ended === undefined ? readAtMs : Math.round(ended / 1000),
    kind: row.kind,
    odd: row.odd ? 1 : 0,
    node: node ?? "",
    rank: row.rank,
    size: row.size,
    job_rank: jobRank ?? null,
    seq: row.seq,
    count: row.count,
    per_slot: row.perSlot,
    bytes: bytes ?? null,
    exec_us: Uint32Array.from(row.exec_us),
    start_us: Int32Array.from(row.start_us),
    began: began === undefined ? null : Math.round(began),
    ended: ended === undefined ? null : Math.round(ended),
    self_us: self_us ?? null,
    step_us: step_us ?? null,
    timing: row.timing,
  };
}

export function fromStored(row: CollectiveRow): StepRow {
  return {
    job: row.job,
    communicator: row.communicator,
    kind: row.kind as GroupKind,
    collective: row.collective as Collective,
    peer: row.peer ?? undefined,
    step: row.step,
    run: row.run,
    odd: row.odd,
    process: row.process,
    node: row.node === "" ? undefined : row.node,
    rank: row.rank,
    size: row.size,
    jobRank: row.jobRank ?? undefined,
    members: undefined,
    seq: row.seq,
    count: row.count,
    perSlot: row.perSlot,
    bytes: row.bytes ?? undefined,
    exec_us: row.execUs,
    start_us: row.startUs,
    began: row.began ?? undefined,
    ended: row.ended ?? undefined,
    self_us: row.selfUs ?? undefined,
    step_us: row.stepUs ?? undefined,
    timing: row.timing as TimingSource,
  };
}
