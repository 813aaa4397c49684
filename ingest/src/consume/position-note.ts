/**
 * The note ingest keeps beside a committed offset: which range it was about to post, and how far each producer had come
 * before it. Kafka bounds such a note to 4 KB.
 */
export type PositionNote = {
  /** Last offset of the range being posted from the committed offset on; absent: none is. */
  readonly hi?: number;
  /** Highest sequence taken of each producer, before that range. */
  readonly marks: Readonly<Record<string, number>>;
};

const MAX_BYTES = 4000;

/** Most recent producers last; the longest silent go first where the bound is passed. */
export function encodeNote(note: PositionNote): string {
  const marks = Object.entries(note.marks);
  // Room for any `hi`, so that the note before a post and the one after it keep the same producers.
  while (marks.length > 0 && bytesOf({ hi: Number.MAX_SAFE_INTEGER, marks }) > MAX_BYTES) marks.shift();
  return JSON.stringify({ hi: note.hi, marks });
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

export function decodeNote(text: string): PositionNote {
  if (text === "") return { marks: {} };
  const note = JSON.parse(text) as { hi?: number; marks: [string, number][] };
  return { ...(note.hi === undefined ? {} : { hi: note.hi }), marks: Object.fromEntries(note.marks) };
}

/** `marks` moved on by messages in their order. */
export function advanceMarks(
  marks: PositionNote["marks"],
  messages: readonly { producer: string; sequence: number }[],
): PositionNote["marks"] {
  const moved = new Map(Object.entries(marks));
  for (const { producer, sequence } of messages) {
    if (sequence <= (moved.get(producer) ?? -1)) continue;
    moved.delete(producer);
    moved.set(producer, sequence);
  }
  return Object.fromEntries(moved);
}
