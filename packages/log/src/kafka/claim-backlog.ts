import type { PartitionLag } from "../log.ts";

/** How long a partition has grown is remembered in so many steps; beyond, every second one is forgotten. */
const MAX_STEPS = 512;

/** What of a partition is not committed, and for how long it has waited. Times are ms since 1970. */
export class PartitionBacklog {
  #committed = 0;
  /** Offset behind everything that was read, and behind everything that is there. */
  #next = 0;
  #end = 0;
  /** Read and not committed. */
  #open: { readonly offset: number; readonly sentAt: number | undefined }[] = [];
  /** When the end was first seen there. */
  #steps: { readonly end: number; readonly at: number | undefined }[] = [];

  committed(offset: number): void {
    this.#committed = offset;
    this.#next = Math.max(this.#next, offset);
    const open = this.#open.findIndex((message) => message.offset >= offset);
    this.#open = open === -1 ? [] : this.#open.slice(open);
    this.#steps = this.#steps.filter(({ end }) => end > offset);
  }

  read(messages: readonly { readonly offset: number; readonly sentAt?: number }[], next: number): void {
    for (const { offset, sentAt } of messages) this.#open.push({ offset, sentAt });
    this.#next = Math.max(this.#next, next);
  }

  /** `at` is undefined where it may have been there for long. */
  grew(end: number, at: number | undefined): void {
    if (end <= this.#end) return;
    this.#end = end;
    this.#steps.push({ end, at });
    if (this.#steps.length > MAX_STEPS) this.#steps = this.#steps.filter((_, i) => i % 2 === 0);
  }

  lag(now: number): Pick<PartitionLag, "messages" | "seconds"> {
    // Records that no reader sees are done with once everything before them is.
    const done = this.#open.length === 0 ? this.#next : this.#committed;
    const messages = Math.max(0, this.#end - done);
    if (messages === 0) return { messages, seconds: 0 };
    const since = this.#open[0]?.sentAt ?? this.#steps.find(({ end }) => end > done)?.at;
    return { messages, seconds: since === undefined ? undefined : Math.max(0, now - since) / 1000 };
  }
}
