import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";

/** A file is often written in several steps. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` soon after something changes in a folder of `files`; the result ends that. A folder that cannot be
 * watched (not there yet, no inotify left, a network disk) is left to the caller's polling.
 */
export function watchFolders(files: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, SETTLE_MS);
  };
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) => watchFolder(folder, changed));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) {
      watcher.close();
    }
  };
}

function watchFolder(folder: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    // After an error no more events come; polling still finds the changes.
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    // Polling covers it, see above.
    return [];
  }
}
