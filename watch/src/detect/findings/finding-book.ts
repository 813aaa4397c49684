/** The findings that are open: taken up from the store, changed as judging goes on, and written as they change. */
import type { Finding } from "@lockstep/schemas/domain/finding";
import { openFindings } from "@lockstep/schemas/queries/open-findings";
import type { Store } from "@lockstep/store/client";
import { type Episode, type FindingForm, findingId, jobFindings } from "./finding-row.ts";

/** An open finding that only goes on is written this often. */
const rewriteMs = 10_000;
/** Opened longer ago than this they are taken for forgotten. */
const takenUpMs = 30 * 86_400_000;
/** Open at the same time: more are not told apart by anybody. */
export const maxOpen = 10_000;

export type BookStore = Pick<Store, "read" | "insertRows">;

type Kept<Said> = { episode: Episode<Said>; changed: boolean; urgent: boolean; writtenMs: number };

/** Of jobs, or of models by `driftFindings`. */
export class FindingBook<Said = Finding> {
  readonly #store: BookStore;
  readonly #form: FindingForm<Said>;
  readonly #kept = new Map<string, Kept<Said>>();
  #taken = false;

  constructor(store: BookStore, form: FindingForm<Said>) {
    this.#store = store;
    this.#form = form;
  }

  static ofJobs(store: BookStore): FindingBook {
    return new FindingBook(store, jobFindings);
  }

  /** Once: what an earlier watch, or this one before, left open. */
  async takeUp(nowMs: number, signal: AbortSignal): Promise<void> {
    if (this.#taken) return;
    const query = openFindings({ of: this.#form.of, sinceMs: nowMs - takenUpMs, limit: maxOpen });
    const rows = await this.#store.read(query, { signal });
    for (const row of rows) {
      const read = this.#form.read(row);
      if (read === undefined) continue;
      const { id, opened, wasteGpuSeconds, updated } = row;
      const episode = { id, ...read, openedMs: opened, wasteGpuSeconds };
      this.#kept.set(id, { episode, changed: false, urgent: false, writtenMs: updated });
    }
    this.#taken = true;
  }

  /** Open ones of a job or model; of all without one. */
  open(whose?: string): Episode<Said>[] {
    return [...this.#kept.values()]
      .map(({ episode }) => episode)
      .filter(
        ({ closedMs, finding }) =>
          closedMs === undefined && (whose ?? this.#form.whose(finding)) === this.#form.whose(finding),
      );
  }

  /** Undefined where it is closed. */
  get(id: string): Episode<Said> | undefined {
    const episode = this.#kept.get(id)?.episode;
    return episode?.closedMs === undefined ? episode : undefined;
  }

  /** When it was written last, milliseconds since 1970; 0 where it was not yet. */
  writtenMs(id: string): number {
    return this.#kept.get(id)?.writtenMs ?? 0;
  }

  /** `wasteGpuSeconds`: so far. */
  begin(finding: Said, subject: string, openedMs: number, wasteGpuSeconds = 0): Episode<Said> | undefined {
    if (this.#kept.size >= maxOpen) return undefined;
    const opened = Math.round(openedMs);
    const id = findingId(this.#form.whose(finding), subject, opened);
    const episode = { id, subject, openedMs: opened, finding, wasteGpuSeconds };
    this.#kept.set(id, { episode, changed: true, urgent: true, writtenMs: 0 });
    return episode;
  }

  /** `urgent`: is written with the next flush, not at its leisure. */
  change(id: string, more: Partial<Omit<Episode<Said>, "id" | "openedMs">>, urgent = false): void {
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
      const rows = written.map((episode, at) => this.#form.row(episode, versions[at]!));
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
