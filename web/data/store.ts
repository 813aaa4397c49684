import "server-only";
import { processEnv } from "@lockstep/schemas/process/env";
import { createStore, type Store, storeOptionsFromEnv } from "@lockstep/store/client";

/** On globalThis, because Next gives pages and route handlers module instances of their own. */
const slot = globalThis as { lockstepStore?: Store };

/** The one door to ClickHouse of this process, opened at its first use. */
export function getStore(): Store {
  slot.lockstepStore ??= createStore(storeOptionsFromEnv(processEnv.parse(process.env)));
  return slot.lockstepStore;
}
