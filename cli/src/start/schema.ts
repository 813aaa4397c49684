/** Brings the store's schema and retention up to date before anyone writes. */
import type { LockstepSection } from "@lockstep/config/config";
import type { ProcessEnv } from "@lockstep/schemas/process/env";

/** Resolves with how many migrations were applied. No `retention`: what the tables have stays. */
export async function migrateStore(env: ProcessEnv, retention?: LockstepSection["retention"]): Promise<number> {
  // Imported here, while the store is coming up: the client takes a while to load.
  const [{ migrate }, { storeOptionsFromEnv }, { applyRetention }] = await Promise.all([
    import("@lockstep/store/migrate"),
    import("@lockstep/store/client"),
    import("@lockstep/store/retention"),
  ]);
  const options = storeOptionsFromEnv(env);
  const { applied } = await migrate(options);
  if (retention !== undefined) await applyRetention(options, retention);
  return applied.length;
}
