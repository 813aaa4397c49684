import "server-only";
import { judgeHang } from "@lockstep/analysis/hang/judge-hang";
import { type LastDoing, lastDoings } from "@lockstep/analysis/hang/last-doings";
import { dumpOfText } from "@lockstep/formats/flight-recorder/dump-text";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { jobHangDumps, jobHangSize } from "@lockstep/schemas/queries/job-hang-dumps";
import { type JobHangLastRow, jobHangLast } from "@lockstep/schemas/queries/job-hang-last";
import { type DoingGroup, doingGroups } from "../jobs/doing-groups.ts";
import { type RangeState, resolveRange } from "../url/range.ts";
import { jobRanks } from "./job-ranks.ts";
import { getStore } from "./store.ts";

export type DoingRow = LastDoing & { readonly node: string | null };

export type JobHangData = {
  readonly atMs: number;
  readonly job: string;
  /** When the newest dump was written, Unix ms; null: there is none in this range. */
  readonly dumpsMs: number | null;
  readonly dumps: number;
  /** Of dumps too large to be judged for a page: how large they are together. */
  readonly tooLargeBytes: number | null;
  readonly findings: readonly Finding[];
  readonly notEnoughData: string | null;
  readonly groups: readonly DoingGroup[];
  readonly doings: readonly DoingRow[];
  /** Without dumps: the last operation each process completed, by its steps. */
  readonly lastCompleted: readonly JobHangLastRow[];
};

const MAX_BYTES = 200e6;

export async function readJobHang(job: string, state: RangeState, nowMs: number): Promise<JobHangData> {
  const range = resolveRange(state, nowMs);
  const { fromMs, toMs } = range;
  const store = getStore();
  const [size] = await store.read(jobHangSize({ job, fromMs, toMs }));
  const base = { atMs: toMs, job, dumpsMs: size?.newest ?? null, dumps: size?.ranks ?? 0 };
  const nothing = { tooLargeBytes: null, findings: [], notEnoughData: null, groups: [], doings: [], lastCompleted: [] };
  if (size === undefined || size.ranks === 0) {
    return { ...base, ...nothing, lastCompleted: await store.read(jobHangLast({ job, fromMs, toMs })) };
  }
  if (size.bytes > MAX_BYTES) return { ...base, ...nothing, tooLargeBytes: size.bytes };
  const [rows, last] = await Promise.all([
    store.read(jobHangDumps({ job, fromMs, toMs })),
    store.read(jobHangLast({ job, fromMs, toMs })),
  ]);
  const dumps = rows.map(({ dump }) => dumpOfText(dump));
  // A dump names its rank, and seldom its node; the traces of the job's steps know both.
  const lastStep = Math.max(...last.map(({ step }) => step));
  const known = last.length > 0 ? (await jobRanks(job, lastStep, range, nowMs)).nodes : [];
  const nodes = new Map(known);
  for (const { rank, node } of rows) if (node !== "") nodes.set(rank, node);
  const options = { job, ...(base.dumpsMs !== null && { takenAtUs: base.dumpsMs * 1000 }) };
  const verdict = judgeHang(dumps, options);
  const doings = lastDoings(dumps, options);
  return {
    ...base,
    ...nothing,
    findings: verdict.findings,
    notEnoughData: verdict.not_enough_data ?? null,
    groups: doingGroups(doings),
    doings: doings.map((doing) => ({ ...doing, node: nodes.get(doing.rank) || null })),
  };
}
