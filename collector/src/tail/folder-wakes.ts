/** Tells when something changes in a folder, so that a look need not wait for its turn. Nothing depends on it. */
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";

const MAX_FOLDERS = 256;
/** Events of a folder between two prunings; where there are more, looking now and then is cheaper. */
const MAX_EVENTS = 5000;

export class FolderWakes {
  readonly #onChange: (path: string | undefined) => void;
  readonly #watchers = new Map<string, { watcher: FSWatcher; events: number }>();
  /** Too busy, or not to be watched (no inotify left, a network disk). */
  readonly #given = new Set<string>();

  /** `onChange`: the path of what changed, where the system says it. */
  constructor(onChange: (path: string | undefined) => void) {
    this.#onChange = onChange;
  }

  /** Watches these folders and no others. */
  watch(folders: Iterable<string>): void {
    const wanted = new Set(folders);
    for (const [folder, watched] of this.#watchers) {
      watched.events = 0;
      if (!wanted.has(folder)) this.#stop(folder);
    }
    for (const folder of this.#given) if (!wanted.has(folder)) this.#given.delete(folder);
    for (const folder of wanted) {
      if (this.#watchers.size >= MAX_FOLDERS) return;
      if (!this.#watchers.has(folder) && !this.#given.has(folder)) this.#start(folder);
    }
  }

  close(): void {
    for (const folder of [...this.#watchers.keys()]) this.#stop(folder);
  }

  #start(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => this.#changed(folder, name));
      watcher.on("error", () => this.#giveUp(folder));
      this.#watchers.set(folder, { watcher, events: 0 });
    } catch {
      // Looks find the changes too, only later.
      this.#given.add(folder);
    }
  }

  #changed(folder: string, name: string | null): void {
    const watched = this.#watchers.get(folder);
    if (watched === undefined) return;
    watched.events += 1;
    if (watched.events > MAX_EVENTS) this.#giveUp(folder);
    this.#onChange(name === null ? undefined : join(folder, name));
  }

  #giveUp(folder: string): void {
    this.#stop(folder);
    this.#given.add(folder);
  }

  #stop(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}
