/** Jobs that make no step any more: who holds them up, where dumps of their ranks tell. */
import { judgeHang } from "@lockstep/analysis/hang/judge-hang";
import { dumpOfText } from "@lockstep/formats/flight-recorder/dump-text";
import type { Finding, Verdict } from "@lockstep/schemas/domain/finding";
import { type FlightDumpsJobRow, flightDumpsJobs } from "@lockstep/schemas/queries/flight-dumps-jobs";
import { jobHangDumps, jobHangSize } from "@lockstep/schemas/queries/job-hang-dumps";
import type { Task } from "../../schedule/schedule.ts";
import type { Detection } from "../detection.ts";
import { type Cast, findingCause } from "../gpus/finding-cause.ts";
import { type Job, stepMsOf } from "../job-book.ts";
import { hangSubject, isHang, silenceText, stalledAfterMs } from "./silence.ts";

const intervalMs = 10_000;
/** Dumps older than this are of a hang that is over. */
const dumpsWithinMs = 3_600_000;
const maxJobs = 100;
/** Collectors bring the dumps of a job within seconds; before they have all come, ranks seem to be missing. */
const settledMs = 10_000;
/** Of all dumps of a job together: more does not fit into memory beside the rest. */
const maxDumpBytes = 200_000_000;
/** A hang of which nothing more is heard is over, whatever became of it. */
const forgottenMs = 6 * 3_600_000;

export function hangTask(detection: () => Detection): Task {
  return {
    name: "hangs",
    intervalMs,
    run: (now, signal) => judgeHangs(detection(), now, signal),
  };
}

async function judgeHangs(detection: Detection, now: number, signal: AbortSignal): Promise<void> {
  const { store, book, jobs } = detection;
  await detection.resume(now);
  const dumped = await store.read(flightDumpsJobs({ sinceMs: now - dumpsWithinMs, limit: maxJobs }), { signal });
  const failures: unknown[] = [];
  for (const dumps of dumped) {
    try {
      await judgeDumps(detection, dumps, now, signal);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
    }
  }
  const withDumps = new Map(dumped.map(({ job, newestAt }) => [job, newestAt]));
  for (const job of detection.judgedDumps.keys()) if (!withDumps.has(job)) detection.judgedDumps.delete(job);
  for (const job of jobs.all) tellProgress(detection, job, withDumps.get(job.name), now);
  closeOver(detection, now);
  await book.flush(now, signal);
  if (failures.length > 0) throw failures[0];
}

async function judgeDumps(detection: Detection, dumps: FlightDumpsJobRow, now: number, signal: AbortSignal) {
  const { store, judgedDumps } = detection;
  const { job, newestAt, newestSeen, ranks } = dumps;
  const mark = `${ranks} ${newestAt} ${newestSeen}`;
  if (judgedDumps.get(job)?.mark === mark || now - newestSeen < settledMs) return;
  const last = detection.jobs.get(job)?.now.lastAt;
  // Steps that ended after the dumps were written: they were of a job that went on.
  if (last !== undefined && last > newestAt) {
    judgedDumps.set(job, { mark, reason: undefined });
    return;
  }
  const range = { job, fromMs: now - dumpsWithinMs, toMs: now + dumpsWithinMs };
  const [size] = await store.read(jobHangSize(range), { signal });
  if (size !== undefined && size.bytes > maxDumpBytes) {
    const reason = `the dumps of ${ranks} ranks hold ${size.bytes} bytes, at most ${maxDumpBytes} are judged here: lockstep analyze flight-recorder DIR`;
    judgedDumps.set(job, { mark, reason });
    return;
  }
  const rows = await store.read(jobHangDumps(range), { signal });
  const nodes = new Map(rows.filter(({ node }) => node !== "").map(({ rank, node }) => [rank, node]));
  const verdict = judgeHang(
    rows.map(({ dump }) => dumpOfText(dump)),
    { job, takenAtUs: newestAt * 1000 },
  );
  await takeOver(detection, verdict, { newestAt, nodes }, now, signal);
  judgedDumps.set(job, { mark, reason: verdict.not_enough_data });
}

type Written = { readonly newestAt: number; readonly nodes: ReadonlyMap<number, string> };

/** The newest dumps say all there is to say: what they say no more is taken back. */
async function takeOver(
  detection: Detection,
  { job, findings }: Verdict,
  { newestAt, nodes }: Written,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const { book } = detection;
  const open = new Map(
    book
      .open(job)
      .filter(isHang)
      .map((episode) => [hangSubject(episode.finding), episode]),
  );
  const said = new Set<string>();
  for (const found of findings) {
    const subject = hangSubject(found);
    said.add(subject);
    const finding = await withCause(detection, placed(detection, found, nodes), newestAt, now, signal);
    const known = open.get(subject);
    const waste = finding.waste_gpu_seconds ?? 0;
    if (known === undefined) book.begin({ ...finding, from: newestAt }, subject, newestAt, waste);
    else book.change(known.id, { subject, finding: { ...finding, from: known.openedMs } }, true);
  }
  for (const [subject, { id }] of open) if (!said.has(subject)) book.close(id, newestAt);
}

/** Where the rank was, as far as its steps or its dump tell. */
function placed({ jobs }: Detection, finding: Finding, nodes: ReadonlyMap<number, string>): Finding {
  if (finding.rank === undefined) return finding;
  const cast = castOf(jobs.get(finding.job));
  const known = cast?.ranks.find(({ rank }) => rank === finding.rank);
  const node = finding.node ?? known?.node ?? nodes.get(finding.rank);
  const gpu = finding.gpu ?? known?.gpu;
  return { ...finding, ...(node === undefined ? {} : { node }), ...(gpu === undefined ? {} : { gpu }) };
}

/** Dumps tell the program's own numbers of its ranks; without the same in the traces nobody knows who is who. */
function castOf(job: Job | undefined): Cast | undefined {
  return job?.cast === undefined || job.cast.numbering === "ours" ? undefined : job.cast;
}

async function withCause(detection: Detection, finding: Finding, newestAt: number, now: number, signal: AbortSignal) {
  const job = detection.jobs.get(finding.job);
  const cast = castOf(job);
  if (job === undefined || cast === undefined || finding.rank === undefined) return finding;
  const range = { fromMs: job.now.lastAt - stepMsOf(job.now), toMs: Math.max(newestAt, now) };
  const { cause, evidence } = await findingCause(detection.store, finding, cast, range, signal);
  return { ...finding, cause, evidence: [...finding.evidence, ...evidence] };
}

function tellProgress(detection: Detection, job: Job, dumpsAt: number | undefined, now: number): void {
  const hang = detection.book.open(job.name).some(isHang);
  const silentMs = now - job.now.lastAt;
  const silent = silentMs > stalledAfterMs(job.now);
  const goesOn = !silent && (dumpsAt === undefined || job.now.lastAt > dumpsAt);
  if (goesOn) {
    for (const episode of detection.book.open(job.name))
      if (isHang(episode)) detection.book.close(episode.id, job.now.lastAt);
  }
  job.progress = goesOn ? "steps" : hang ? "hang" : silent ? "silent" : "steps";
  const judged = detection.judgedDumps.get(job.name)?.reason;
  job.hangReason =
    job.progress === "steps" ? undefined : (judged ?? silenceText(silentMs, dumpsAt !== undefined, hang));
  detection.board.hangs(job.name, job.progress === "silent" ? undefined : job.progress === "hang");
  if (job.progress === "hang") tellWaste(detection, job, silentMs);
}

/** All GPUs of the job stand still since its last step. Of several findings the first bears it, so that it counts once. */
function tellWaste({ book }: Detection, { name, now: { processes } }: Job, silentMs: number): void {
  const [first] = book.open(name).filter(isHang);
  const wasteGpuSeconds = (processes * silentMs) / 1000;
  if (first !== undefined && wasteGpuSeconds > first.wasteGpuSeconds) book.change(first.id, { wasteGpuSeconds });
}

/** Of jobs that went away, or whose dumps were all there ever was. */
function closeOver({ book, jobs, board }: Detection, now: number): void {
  for (const episode of book.open()) {
    if (!isHang(episode) || jobs.get(episode.finding.job) !== undefined) continue;
    board.hangs(episode.finding.job, true);
    if (now - Math.max(episode.openedMs, book.writtenMs(episode.id)) > forgottenMs) book.close(episode.id, now);
  }
}
