/** Waits for ClickHouse where it is not there yet, and brings its schema and retention up to date. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LockstepSection } from "@lockstep/config/config";
import { EXIT_CONFIGURATION } from "@lockstep/process/exit-code";
import type { ProcessEnv } from "@lockstep/schemas/process/env";
import type { StoreError, StoreOptions } from "@lockstep/store/client";
import type { Print } from "./console.ts";
import { StartError } from "./start-error.ts";

const POLL_MS = 1_000;
const SAY_MS = 15_000;

/**
 * Resolves with how many migrations were applied. No `retention`: what the tables have stays. A ClickHouse that is away
 * is waited for, and `say` tells so. Rejects with StartError where waiting cannot help.
 */
export async function migrateStore(
  env: ProcessEnv,
  retention: LockstepSection["retention"] | undefined,
  say: Print,
): Promise<number> {
  // Imported here, while the store is coming up: the client takes a while to load.
  const [{ migrate }, { storeOptionsFromEnv }, { applyRetention }] = await Promise.all([
    import("@lockstep/store/migrate"),
    import("@lockstep/store/client"),
    import("@lockstep/store/retention"),
  ]);
  const options = storeOptionsFromEnv(env);
  return whileAway(options, say, async () => {
    const { applied } = await migrate(options);
    if (retention !== undefined) await applyRetention(options, retention);
    return applied.length;
  });
}

/** Resolves when another process has brought the schema to this version. Rejects as migrateStore does. */
export async function waitForSchema(env: ProcessEnv, say: Print): Promise<void> {
  const [{ pendingOf }, { storeOptionsFromEnv }] = await Promise.all([
    import("@lockstep/store/pending-migrations"),
    import("@lockstep/store/client"),
  ]);
  const options = storeOptionsFromEnv(env);
  const sayNow = every(SAY_MS, say);
  for (;;) {
    const pending = await whileAway(options, say, () => pendingOf(options));
    if (pending.length === 0) return;
    sayNow(
      `waiting for the schema: ${pending.length} migrations are missing; ingest or \`lockstep migrate\` applies them`,
    );
    await sleep(POLL_MS);
  }
}

/** Runs `work` once ClickHouse answers, and again when it goes away meanwhile. */
async function whileAway<T>(options: StoreOptions, say: Print, work: () => Promise<T>): Promise<T> {
  const { createStore, StoreError } = await import("@lockstep/store/client");
  const sayNow = every(SAY_MS, say);
  const place = `ClickHouse at ${shownUrl(options.url)}`;
  for (;;) {
    // The database itself may not be there yet.
    const store = createStore({ ...options, database: "default" });
    let answered = false;
    try {
      await store.ping();
      answered = true;
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!mayPass(error, answered)) throw refusal(error, place, options);
      sayNow(`waiting for ${place}: ${error.message.replace(/^ping: /, "")}`);
    } finally {
      await store.close();
    }
    await sleep(POLL_MS);
  }
}

/** A server that is just starting refuses a ping with errors of its own; one that has answered it means what it says. */
function mayPass({ code, retriable }: StoreError, answered: boolean): boolean {
  return answered ? code === "unreachable" || code === "timeout" : retriable;
}

function refusal(error: StoreError, place: string, { username }: StoreOptions): StartError {
  if (error.code !== "auth") return new StartError(`${place}: ${error.message}`, { cause: error });
  return new StartError(`${place} refuses user ${username}: check \`clickhouse: {user, password_file}\``, {
    cause: error,
    exitCode: EXIT_CONFIGURATION,
  });
}

/** Without what may stand before the host: user and password. */
export function shownUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "an address that is no URL" : parsed.origin;
}

function every(ms: number, say: Print): Print {
  let last = Number.NEGATIVE_INFINITY;
  return (line) => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    say(line);
  };
}
