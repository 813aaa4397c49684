/** Asks why, of the open findings of a job, while telemetry still comes in: exporters are slower than steps. */
import type { Store } from "@lockstep/store/client";
import type { FindingBook } from "../findings/finding-book.ts";
import { type Cast, findingCause } from "../gpus/finding-cause.ts";
import type { Job } from "../job-book.ts";
import { told } from "./episodes.ts";

const askAgainMs = 15_000;
/** So long after the opening there is little to learn, and it is asked less often. */
const settledMs = 300_000;
const settledAgainMs = 120_000;
/** Of what a finding's GPUs said, the newest. */
const longestMs = 600_000;
/** Scrapes of exporters are so far apart: a shorter stretch may hold none. */
const shortestMs = 60_000;

export async function askCauses(
  store: Pick<Store, "read">,
  job: Job,
  book: FindingBook,
  cast: Cast,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const kept of job.episodes.values()) {
    const episode = book.get(kept.id);
    if (episode === undefined) continue;
    const { finding, openedMs } = episode;
    const toMs = Math.max(finding.to ?? nowMs, openedMs);
    if (nowMs - kept.askedMs < (toMs - openedMs > settledMs ? settledAgainMs : askAgainMs)) continue;
    const range = { fromMs: Math.max(openedMs, toMs - longestMs), toMs: Math.max(toMs, openedMs + shortestMs) };
    // Judged by the collectives' own words: a cause found before must not speak for itself.
    const bare = { ...finding, cause: kept.worst.cause, evidence: kept.worst.evidence };
    const verdict = await findingCause(store, bare, cast, range, signal);
    kept.askedMs = nowMs;
    const learned = verdict.cause.code !== "unknown" || kept.why === undefined;
    if (!learned) continue;
    const urgent = verdict.cause.code !== finding.cause.code;
    kept.why = verdict;
    book.change(kept.id, { finding: told({ ...finding, evidence: kept.worst.evidence }, episode, verdict) }, urgent);
  }
}
