/**
 * What is known of posts across restarts: which were taken within the last hour, and the last point of each cumulative stream.
 * It lies in the notes of the log's producer, written in the very transaction that appends a round's blocks.
 */
import type { StreamPoint } from "@lockstep/formats/otlp/cumulative";
import type { LogNotes, NoteChanges, NoteSpace } from "@lockstep/log/log";

export type RoundNotes = {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Content of what was taken, by its key. */
  readonly taken: ReadonlyMap<string, string>;
  readonly streams: ReadonlyMap<string, StreamPoint | undefined>;
};

type Taken = readonly [at: number, content: string];

/** How long a post that comes again is known. */
export const REPEAT_MS = 3_600_000;
/** Keys are forgotten by the slot: the current one and those before it cover REPEAT_MS, and the oldest is emptied whole. */
const SLOTS = ["taken/0", "taken/1", "taken/2", "taken/3", "taken/4"] as const satisfies readonly NoteSpace[];
const SLOT_MS = REPEAT_MS / (SLOTS.length - 1);
/** Streams of processes that ended are forgotten. */
export const STREAM_KEPT_MS = 30 * 86_400_000;

export class IntakeState {
  readonly #notes: LogNotes;

  constructor(notes: LogNotes) {
    this.#notes = notes;
  }

  /** Tells the content of what was taken under a key within the hour before `now`. */
  takenBefore(now: number): (key: string) => string | undefined {
    const current = Math.floor(now / SLOT_MS);
    const live = SLOTS.map((_, i) => current - i).filter((slot) => this.#notes.get("meta", spaceOf(slot)) === slot);
    return (key) => {
      for (const slot of live) {
        const [at, content] = (this.#notes.get(spaceOf(slot), key) as Taken | undefined) ?? [];
        if (at !== undefined && now - at < REPEAT_MS) return content;
      }
      return undefined;
    };
  }

  stream(id: string): StreamPoint | undefined {
    return this.#notes.get("streams", id) as StreamPoint | undefined;
  }

  /** How many streams are known. */
  streams(): number {
    return this.#notes.size("streams");
  }

  /** Streams that had no point for 30 days before `now`. */
  oldStreams(now: number): string[] {
    const old: string[] = [];
    for (const [id, point] of this.#notes.entries("streams")) {
      if (now - (point as StreamPoint).timeMs > STREAM_KEPT_MS) old.push(id);
    }
    return old;
  }

  changes({ at, taken, streams }: RoundNotes): NoteChanges {
    const slot = Math.floor(at / SLOT_MS);
    const space = spaceOf(slot);
    const isNew = this.#notes.get("meta", space) !== slot;
    const keys = new Map([...taken].map(([key, content]): [string, Taken] => [key, [at, content]]));
    const put = new Map<NoteSpace, ReadonlyMap<string, unknown>>([
      [space, keys],
      ["streams", streams],
    ]);
    if (!isNew) return { put };
    put.set("meta", new Map([[space, slot]]));
    return { cleared: [space], put };
  }
}

function spaceOf(slot: number): (typeof SLOTS)[number] {
  return SLOTS[slot % SLOTS.length]!;
}
