/** In what order windows are judged together: as many models at once as there are, of each one window after the other. */
import type { ModelWindow } from "./model-window.ts";

/** Windows of one model follow each other; those of several go together. */
export function wavesOf(windows: readonly ModelWindow[]): ModelWindow[][] {
  const waves: ModelWindow[][] = [];
  const depth = new Map<string, number>();
  for (const window of windows) {
    const at = depth.get(window.model) ?? 0;
    depth.set(window.model, at + 1);
    const wave = waves[at];
    if (wave === undefined) waves.push([window]);
    else wave.push(window);
  }
  return waves;
}

/** One version of each window at a time; those that tell none are left out. */
export function versionWaves(windows: readonly ModelWindow[]) {
  const named = windows.map((window) => ({
    window,
    versions: [...window.versions.keys()].filter((version) => version !== ""),
  }));
  const most = Math.max(0, ...named.map(({ versions }) => versions.length));
  return Array.from({ length: most }, (_, at) =>
    named.flatMap(({ window, versions }) => {
      const version = versions[at];
      return version === undefined ? [] : [{ ...window, version }];
    }),
  );
}
