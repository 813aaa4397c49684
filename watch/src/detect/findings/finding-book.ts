/** The findings that are open: taken up from the store, changed as judging goes on, and written as they change. */
import type { Finding } from "@lockstep/schemas/domain/finding";
import { openFindings } from "@lockstep/schemas/queries/open-findings";
import type { Store } from "@lockstep/store/client";
import { type Episode, findingId, findingOf, findingRow } from "./finding-row.ts";

/** An open finding that only goes on is written this often. */
const rewriteMs = 10_000;
/** Opened longer ago than this they are taken for forgotten. */
const takenUpMs = 30 * 86_400_000;
/** Open at the same time: more are not told apart by anybody. */
export const maxOpen = 10_000;

export type BookStore = Pick<Store, "read" | "insertRows">;

type Kept = { episode: Episode; changed: boolean; urgent: boolean; writtenMs: number };

export class FindingBook {
  readonly #store: BookStore;
  readonly #kept = new Map<string, Kept>();
  #taken = false;

  constructor(store: BookStore) {
    this.#store = store;
  }

  /** Once: what an earlier watch, or this one before, left open. */
  async takeUp(nowMs: number, signal: AbortSignal): Promise<void> {
    if (this.#taken) return;
    const rows = await this.#store.read(openFindings({ sinceMs: nowMs - takenUpMs, limit: maxOpen }), { signal });
    for (const { id, job, opened, wasteGpuSeconds, detail, updated } of rows) {
      const finding = findingOf(detail);
      if (finding === undefined) continue;
      const episode = { id, subject: "", openedMs: opened, finding: { ...finding, job }, wasteGpuSeconds };
      this.#kept.set(id, { episode, changed: false, urgent: false, writtenMs: updated });
    }
    this.#taken = true;
  }

  /** Open ones of a job; of all jobs without one. */
  open(job?: string): Episode[] {
    return [...this.#kept.values()]
      .map(({ episode }) => episode)
      .filter((episode) => episode.closedMs === undefined && (job === undefined || episode.finding.job === job));
  }

  /** Undefined where it is closed. */
  get(id: string): Episode | undefined {
    const episode = this.#kept.get(id)?.episode;
    return episode?.closedMs === undefined ? episode : undefined;
  }

  /** When it was written last, milliseconds since 1970; 0 where it was not yet. */
  writtenMs(id: string): number {
    return this.#kept.get(id)?.writtenMs ?? 0;
  }

  begin(finding: Finding, subject: string, openedMs: number): Episode | undefined {
    if (this.#kept.size >= maxOpen) return undefined;
    const opened = Math.round(openedMs);
    const id = findingId(finding.job, subject, opened);
    const episode = { id, subject, openedMs: opened, finding, wasteGpuSeconds: finding.waste_gpu_seconds ?? 0 };
    this.#kept.set(id, { episode, changed: true, urgent: true, writtenMs: 0 });
    return episode;
  }

  /** `urgent`: is written with the next flush, not at its leisure. */
  change(id: string, more: Partial<Omit<Episode, "id" | "openedMs">>, urgent = false): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    kept.episode = { ...kept.episode, ...more };
    kept.changed = true;
    kept.urgent ||= urgent;
  }

  close(id: string, closedMs: number): void {
    const kept = this.#kept.get(id);
    if (kept !== undefined) this.change(id, { closedMs: Math.max(kept.episode.openedMs, closedMs) }, true);
  }

  /** What could not be written stays and is written by the next one. */
  async flush(nowMs: number, signal: AbortSignal): Promise<void> {
    const due = [...this.#kept.values()].filter(
      ({ changed, urgent, writtenMs }) => changed && (urgent || nowMs - writtenMs >= rewriteMs),
    );
    if (due.length === 0) return;
    signal.throwIfAborted();
    // A predecessor's clock may be ahead; its row must not win over this one.
    const versions = due.map(({ writtenMs }) => Math.max(nowMs, writtenMs + 1));
    // Before the insert: what changes while it is under way is for the next one.
    const written = due.map(({ episode }) => episode);
    for (const kept of due) kept.changed = kept.urgent = false;
    try {
      const rows = written.map((episode, at) => findingRow(episode, versions[at]!));
      await this.#store.insertRows("findings", rows);
    } catch (error) {
      for (const kept of due) kept.changed = kept.urgent = true;
      throw error;
    }
    for (const [at, kept] of due.entries()) {
      kept.writtenMs = versions[at]!;
      if (written[at]!.closedMs !== undefined) this.#kept.delete(written[at]!.id);
    }
  }
}
