/** For tests: the embedded ClickHouse, as a process of its own in a folder of its own, with the schema in place. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { processEnv } from "@lockstep/schemas/process/env";
import { createStore, type Store, storeOptionsFromEnv } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";

const MAIN = resolve(import.meta.dirname, "../../packages/store/src/embedded/main.ts");
const START_LIMIT_MS = 20_000;

export type TestStore = { readonly store: Store; stop(): Promise<void> };

/** Rejects, with what the process said, where it does not come up in 20 s. */
export async function startTestStore(): Promise<TestStore> {
  const data = mkdtempSync(join(tmpdir(), "lockstep-api-"));
  const passwordFile = join(data, "password");
  writeFileSync(passwordFile, "secret-of-the-test", { mode: 0o600 });
  const env = {
    ...process.env,
    LOCKSTEP_DATA: data,
    LOCKSTEP_CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}`,
    LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: passwordFile,
    UV_THREADPOOL_SIZE: "16",
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(force);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await readyLine(child);
    const options = storeOptionsFromEnv(processEnv.parse(env));
    await migrate(options);
    const store = createStore(options);
    return {
      store,
      stop: async () => {
        await store.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readyLine(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((done, fail) => {
    let said = "";
    const late = setTimeout(() => fail(new Error(`not up in ${START_LIMIT_MS / 1000} s: ${said}`)), START_LIMIT_MS);
    child.stderr?.on("data", (chunk: Buffer) => {
      if (said.length < 2000) said += chunk.toString();
    });
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`ended with ${code}: ${said}`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (!line.startsWith("ready")) return;
      clearTimeout(late);
      done();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a listening socket without a port");
  return address.port;
}
