/** Brings the store's schema up to date before anyone writes. */
import type { ProcessEnv } from "@lockstep/schemas/process/env";

/** Resolves with how many migrations were applied. */
export async function migrateStore(env: ProcessEnv): Promise<number> {
  // Imported here, while the store is coming up: the client takes a while to load.
  const [{ migrate }, { storeOptionsFromEnv }] = await Promise.all([
    import("@lockstep/store/migrate"),
    import("@lockstep/store/client"),
  ]);
  const { applied } = await migrate(storeOptionsFromEnv(env));
  return applied.length;
}
