/** What a producer keeps beside its blocks, each space a database of the spool's environment. */
import type { Database, RootDatabase } from "lmdb";
import type { LogNotes, NoteChanges, NoteSpace } from "../log.ts";
import { NOTE_SPACES } from "../log.ts";

export class SpoolNotes implements LogNotes {
  readonly #spaces: Readonly<Record<NoteSpace, Database<unknown, string>>>;

  constructor(root: RootDatabase) {
    const opened = NOTE_SPACES.map((space) => [space, root.openDB<unknown, string>({ name: `notes/${space}` })]);
    this.#spaces = Object.fromEntries(opened);
  }

  get(space: NoteSpace, key: string): unknown {
    return this.#spaces[space].get(key);
  }

  size(space: NoteSpace): number {
    return (this.#spaces[space].getStats() as { entryCount: number }).entryCount;
  }

  *entries(space: NoteSpace): Iterable<readonly [string, unknown]> {
    for (const { key, value } of this.#spaces[space].getRange()) yield [key, value];
  }

  /** Within a transaction of the environment. */
  apply({ cleared, put }: NoteChanges): void {
    for (const space of cleared ?? []) this.#spaces[space].clearSync();
    for (const [space, notes] of put) {
      const database = this.#spaces[space];
      for (const [key, value] of notes) {
        if (value === undefined) void database.remove(key);
        else void database.put(key, value);
      }
    }
  }
}
