/** For tests: the embedded ClickHouse as a process of its own, on a free port. chdb never runs in the tests' process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { StoreOptions } from "../src/client.ts";

const MAIN = resolve(import.meta.dirname, "../src/embedded/main.ts");
const START_LIMIT_MS = 20_000;
export const PASSWORD = "correct horse";

export type EmbeddedProcess = {
  readonly options: StoreOptions;
  readonly child: ChildProcess;
  /** Ends it by a signal and waits; resolves with its exit code, null after a SIGKILL. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function environmentOf(data: string, port: number): Record<string, string> {
  mkdirSync(data, { recursive: true });
  const passwordFile = join(data, "password");
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  return {
    LOCKSTEP_DATA: data,
    LOCKSTEP_CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
    LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: passwordFile,
  };
}

export function spawnMain(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN], {
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export async function startEmbedded(data: string, database = "default"): Promise<EmbeddedProcess> {
  const port = await freePort();
  const env = environmentOf(data, port);
  const child = spawnMain(env);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  await ready(child);
  return {
    child,
    options: { url: env["LOCKSTEP_CLICKHOUSE_URL"]!, username: "lockstep", password: PASSWORD, database },
    end: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Exit code and standard error of a process that is expected to end by itself. */
export async function endOf(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout?.resume();
  const late = setTimeout(() => child.kill("SIGKILL"), START_LIMIT_MS);
  const [code] = await once(child, "close");
  clearTimeout(late);
  return { code: code as number | null, stderr };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    let said = "";
    const late = setTimeout(() => fail(new Error(`not up in ${START_LIMIT_MS} ms: ${said}`)), START_LIMIT_MS);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("exit", (code) => fail(new Error(`ended with ${code}: ${said}`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (!line.startsWith("ready")) return;
      clearTimeout(late);
      done();
    });
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a listening socket without a port");
  return address.port;
}
