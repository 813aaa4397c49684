import "server-only";
import type { KeptLabels } from "./prometheus-labels-kept.ts";
import type { QuerySource } from "./prometheus-query.ts";
import { getStore } from "./store.ts";

const slot = globalThis as { lockstepKeptLabels?: KeptLabels };

/** What the API's handlers read from. Label sets are kept once a process: Next bundles every route apart. */
export function querySource(signal: AbortSignal): QuerySource {
  slot.lockstepKeptLabels ??= new Map();
  return { store: getStore(), kept: slot.lockstepKeptLabels, options: { signal } };
}
