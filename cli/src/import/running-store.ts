/** The ClickHouse of the system that runs: told by flag, variable or configuration, else by the data folder of a start. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createStore, type Store, StoreError, storeOptionsFromEnv } from "@lockstep/store/client";
import { pendingOf } from "@lockstep/store/pending-migrations";
import { z } from "zod";
import { checkedEnv } from "../environment/checked-env.ts";
import type { Variables } from "../environment/section-env.ts";
import { deploymentVariables } from "../run/deployment.ts";
import { readSection } from "../start/config-file.ts";
import { shownUrl } from "../start/schema.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import type { Place } from "./arguments.ts";

/** Runs `work` with the store and closes it; what ClickHouse refuses becomes the command's own error. */
export async function withRunningStore<T>(
  command: string,
  place: Place,
  surroundings: StartSurroundings,
  work: (running: RunningStore) => Promise<T>,
): Promise<T> {
  const running = await openRunningStore(place, surroundings);
  try {
    return await work(running);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const advice = error.retriable ? "; the same command goes on where this one stopped" : "";
    throw new StartError(`${command}: ${error.message}${advice}`, { cause: error });
  } finally {
    await running.store.close();
  }
}

export type RunningStore = { readonly store: Store; readonly shown: string };

/** The caller closes it. Rejects with StartError where nothing answers, or its schema is not this version's. */
async function openRunningStore(place: Place, surroundings: StartSurroundings): Promise<RunningStore> {
  const problems: string[] = [];
  for (const variables of await candidates(place, surroundings)) {
    const options = storeOptionsFromEnv(checkedEnv(variables));
    const shown = `database ${options.database} at ${shownUrl(options.url)}`;
    const store = createStore(options);
    try {
      await store.ping();
      const pending = await pendingOf(options);
      if (pending.length > 0) {
        throw new StartError(
          `${shown} lacks ${pending.length} migrations of this version: \`lockstep start\` or \`lockstep migrate\` applies them`,
        );
      }
      return { store, shown };
    } catch (error) {
      await store.close();
      if (!(error instanceof StoreError)) throw error;
      problems.push(`${shown}: ${error.message.replace(/^ping: /, "")}`);
    }
  }
  throw new StartError(
    `no running system was found (${problems.join("; ")}): start one with \`lockstep start\`, or name its --data folder or its --config`,
  );
}

/** What is told comes first; without it, the folders where a start keeps its data by default. */
async function candidates({ config, data }: Place, surroundings: StartSurroundings): Promise<Variables[]> {
  const { cwd, env, root } = surroundings;
  const file = config ?? (env["LOCKSTEP_CONFIG"] || undefined);
  const path = file === undefined ? undefined : resolve(cwd, file);
  const section = path === undefined ? undefined : await readSection(path);
  const told: Variables = {
    ...deploymentVariables(section, path, surroundings),
    ...(data === undefined ? {} : { LOCKSTEP_DATA: data }),
  };
  const isTold = data !== undefined || section?.data !== undefined || Boolean(env["LOCKSTEP_DATA"]);
  const folders = isTold
    ? [resolve(cwd, told["LOCKSTEP_DATA"]!)]
    : [join(root, "data"), join(root, "data", "demo-cluster")];
  const started = folders.filter((folder) => existsSync(environmentFile(folder)));
  const asked = started.map((folder) => ({ ...recorded(folder), ...told, LOCKSTEP_DATA: folder }));
  return asked.length > 0 ? asked : [{ ...told, LOCKSTEP_DATA: folders[0]! }];
}

function environmentFile(folder: string): string {
  return join(folder, "run", "environment.json");
}

/** What the `lockstep start` on this folder told its processes of ClickHouse. */
function recorded(folder: string): Variables {
  const parsed = z.record(z.string(), z.string()).safeParse(JSON.parse(readFileSync(environmentFile(folder), "utf8")));
  const entries = Object.entries(parsed.data ?? {}).filter(([name]) => name.startsWith("LOCKSTEP_CLICKHOUSE_"));
  return Object.fromEntries(entries);
}
