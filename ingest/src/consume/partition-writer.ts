/**
 * Moves one partition of the log into its table, each message exactly once.
 *
 * Before the messages lo..hi are posted, offset lo is committed with a note that names hi. A successor finds the note,
 * forms the very same range and posts it under the same token, which ClickHouse drops where it was already there.
 */
import { LogError, type LogMessage, type PartitionClaim } from "@lockstep/log/log";
import type { RangePoster } from "../write/range-poster.ts";
import { advanceMarks, decodeNote, encodeNote, type PositionNote } from "./position-note.ts";
import { cutRanges } from "./ranges.ts";

export type PartitionWriterOptions = {
  readonly claim: PartitionClaim;
  readonly poster: RangePoster;
  /** Called with what is in its table now, and before its position is committed. */
  readonly onPosted: (posted: Posted) => Promise<void>;
  /** The log no longer holds the messages from `from` to before `to`, of a range that a predecessor had announced. */
  readonly onGone: (from: number, to: number) => void;
  /** So many producers no longer fit into the note: what they send again after a long silence is taken again. */
  readonly onForgotten: (producers: number) => void;
  readonly now: () => number;
};

export type Posted = {
  /** What is in its table. */
  readonly messages: readonly LogMessage[];
  /** Left out, because their producer had sent them before. */
  readonly skipped: number;
  readonly replayed: boolean;
  /** When the newest of them was read from the log, and when the post was through; ms since 1970. */
  readonly readAt: number;
  readonly postedAt: number;
  readonly seconds: number;
};

/** Half of a session: whoever has been silent for longer may have lost the partition, and asks before it posts. */
const HELD_MS = 5_000;

export class PartitionWriter {
  readonly #options: PartitionWriterOptions;
  #buffer: LogMessage[] = [];
  /** undefined until the committed position was read. */
  #note: PositionNote | undefined;
  #from = 0;
  #readAt = 0;

  constructor(options: PartitionWriterOptions) {
    this.#options = options;
  }

  /** Rejects with LogError `fenced` when the partition is another's by now; this writer is of no more use then. */
  async take(messages: readonly LogMessage[]): Promise<void> {
    this.#readAt = this.#options.now();
    if (this.#note === undefined) {
      const position = await this.#options.claim.position();
      this.#note = decodeNote(position.metadata);
      this.#from = position.offset;
    }
    this.#buffer.push(...messages);
    await this.#recover();
    if (this.#note.hi !== undefined) return;
    const ranges = cutRanges(this.#buffer);
    this.#buffer = [];
    for (const range of ranges) await this.#post(range, false);
  }

  /** A range that a predecessor announced is posted again exactly as announced, once it has been read whole. */
  async #recover(): Promise<void> {
    const hi = this.#note?.hi;
    const first = this.#buffer[0]?.offset;
    if (hi === undefined || first === undefined) return;
    const begunAnew = first < this.#from;
    if (!begunAnew && this.#buffer.at(-1)!.offset < hi) return;
    const range = begunAnew ? [] : this.#buffer.filter((message) => message.offset <= hi);
    if (range[0]?.offset !== this.#from) this.#options.onGone(this.#from, range[0]?.offset ?? hi + 1);
    if (range.length === 0) {
      this.#note = { marks: this.#note!.marks };
      return;
    }
    this.#buffer = this.#buffer.slice(range.length);
    await this.#post(range, true);
  }

  async #post(range: readonly LogMessage[], replayed: boolean): Promise<void> {
    const { claim, poster, onPosted, now } = this.#options;
    const { marks } = this.#note!;
    const hold = this.#holder({ offset: range[0]!.offset, metadata: encodeNote({ hi: range.at(-1)!.offset, marks }) });
    await hold();
    const fresh = unseen(range, marks);
    const began = now();
    const stored = await poster.post({
      topic: claim.topic,
      partition: claim.partition,
      name: nameOf(claim, range),
      messages: fresh,
      replayed,
      beforeSend: hold,
      lost: claim.lost,
      // Retention took the beginning of it: the name is new, and what is left may be there under the old one.
      lookFirst: replayed && range[0]!.offset !== this.#from,
    });
    const postedAt = now();
    await onPosted({
      messages: stored,
      skipped: range.length - fresh.length,
      replayed,
      readAt: this.#readAt,
      postedAt,
      seconds: (postedAt - began) / 1000,
    });
    this.#from = range.at(-1)!.offset + 1;
    await claim.commit({ offset: this.#from, metadata: this.#advance(fresh) });
  }

  /** Announces the range, and again where it has been so long that a process that slept may have lost the partition. */
  #holder(intent: { readonly offset: number; readonly metadata: string }): () => Promise<void> {
    const { claim, now } = this.#options;
    let heldAt = Number.NEGATIVE_INFINITY;
    return async () => {
      if (claim.lost.aborted) throw new LogError("fenced", "the partition is about to be another's");
      const asked = now();
      if (asked - heldAt <= HELD_MS) return;
      await claim.commit(intent);
      heldAt = asked;
    };
  }

  #advance(fresh: readonly LogMessage[]): string {
    const moved = advanceMarks(this.#note!.marks, fresh);
    const metadata = encodeNote({ marks: moved });
    this.#note = decodeNote(metadata); // no more than what a successor would know
    const forgotten = Object.keys(moved).length - Object.keys(this.#note.marks).length;
    if (forgotten > 0) this.#options.onForgotten(forgotten);
    return metadata;
  }
}

/**
 * For ever of these messages. A topic of Kafka that is removed and made anew starts at offset 0 again, with others; a
 * spool has another `logId` then.
 */
function nameOf({ logId, topic, partition }: PartitionClaim, range: readonly LogMessage[]): string {
  const [first, last] = [range[0]!, range.at(-1)!];
  const name = `${logId}/${topic}/${partition}/${first.offset}-${last.offset}`;
  return first.sentAt === undefined ? name : `${name}/${first.sentAt}-${last.sentAt}`;
}

/** A producer that died before it knew of an acknowledgement sends again; what is at or below its mark was taken. */
function unseen(range: readonly LogMessage[], marks: PositionNote["marks"]): LogMessage[] {
  const highest = new Map(Object.entries(marks));
  return range.filter(({ producer, sequence, version }) => {
    if (version === -1) return true; // an envelope that could not be read has no sequence; it becomes a dead letter
    if (sequence <= (highest.get(producer) ?? -1)) return false;
    highest.set(producer, sequence);
    return true;
  });
}
