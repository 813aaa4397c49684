/**
 * Moves one partition of the log into its table, each message exactly once.
 *
 * Before the messages lo..hi are posted, offset lo is committed with a note that names hi. A successor finds the note,
 * forms the very same range and posts it under the same token, which ClickHouse drops where it was already there.
 */
import type { LogMessage, PartitionClaim } from "@lockstep/log/log";
import type { RangePoster } from "../write/range-poster.ts";
import { advanceMarks, decodeNote, encodeNote, type PositionNote } from "./position-note.ts";

export class PartitionWriter {
  readonly #claim: PartitionClaim;
  readonly #poster: RangePoster;
  #buffer: LogMessage[] = [];
  /** undefined until the committed position was read. */
  #note: PositionNote | undefined;

  constructor(claim: PartitionClaim, poster: RangePoster) {
    this.#claim = claim;
    this.#poster = poster;
  }

  async take(messages: readonly LogMessage[]): Promise<void> {
    this.#note ??= decodeNote((await this.#claim.position()).metadata);
    this.#buffer.push(...messages);
    await this.#recover();
    if (this.#note.hi === undefined && this.#buffer.length > 0) {
      const range = this.#buffer;
      this.#buffer = [];
      await this.#post(range, false);
    }
  }

  /** A range that a predecessor announced is posted again exactly as announced, once it has been read whole. */
  async #recover(): Promise<void> {
    const hi = this.#note?.hi;
    if (hi === undefined || (this.#buffer.at(-1)?.offset ?? -1) < hi) return;
    const range = this.#buffer.filter((message) => message.offset <= hi);
    this.#buffer = this.#buffer.filter((message) => message.offset > hi);
    await this.#post(range, true);
  }

  async #post(range: readonly LogMessage[], replayed: boolean): Promise<void> {
    const { logId, topic, partition } = this.#claim;
    const { marks } = this.#note!;
    const lo = range[0]!.offset;
    const hi = range.at(-1)!.offset;
    if (!replayed) await this.#claim.commit({ offset: lo, metadata: encodeNote({ hi, marks }) });
    const fresh = unseen(range, marks);
    await this.#poster.post({ topic, name: `${logId}/${topic}/${partition}/${lo}-${hi}`, messages: fresh, replayed });
    const metadata = encodeNote({ marks: advanceMarks(marks, fresh) });
    this.#note = decodeNote(metadata); // no more than what a successor would know
    await this.#claim.commit({ offset: hi + 1, metadata });
  }
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
