/** The embedded server as the supervisor runs it: a process of its own, on a port of its own, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";

const script = fileURLToPath(new URL("../../src/embedded/main.ts", import.meta.url));

export const USER = "lockstep";
export const PASSWORD = "a 'quoted' pässword";

export type Ended = { readonly code: number | null; readonly stderr: string; readonly stdout: string };

/** Starts the script and waits for its end, for starts that are to fail. */
export async function runToEnd(env: Record<string, string>): Promise<Ended> {
  const child = spawnServer(env);
  let stdout = "";
  let stderr = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

function spawnServer(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
    env: { PATH: process.env["PATH"], UV_THREADPOOL_SIZE: "16", LOCKSTEP_CLICKHOUSE_USER: USER, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export class ServerProcess {
  readonly data: string;
  readonly passwordFile: string;
  url = "";
  stderr = "";
  #child: ChildProcess | undefined;
  readonly #clients: ClickHouseClient[] = [];

  constructor() {
    this.data = mkdtempSync(join(tmpdir(), "lockstep-store-"));
    this.passwordFile = join(this.data, "password");
    writeFileSync(this.passwordFile, `${PASSWORD}\n`);
  }

  env(port = "0"): Record<string, string> {
    return {
      LOCKSTEP_DATA: this.data,
      LOCKSTEP_CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
      LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: this.passwordFile,
    };
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Resolves with the milliseconds it took. */
  async start(env: Record<string, string> = {}): Promise<number> {
    const startedAt = performance.now();
    const child = spawnServer({ ...this.env(), ...env });
    this.#child = child;
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    let stdout = "";
    for await (const chunk of child.stdout!.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      stdout += chunk;
      const url = /^ready (\S+)$/m.exec(stdout)?.[1];
      if (url !== undefined) {
        this.url = url;
        child.stdout!.resume();
        return performance.now() - startedAt;
      }
    }
    throw new Error(`the server ended before it was ready: ${stdout}${this.stderr}`);
  }

  client(options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
    const client = createClient({
      url: this.url,
      username: USER,
      password: PASSWORD,
      log: { level: ClickHouseLogLevel.OFF },
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  }

  /** Ends it and removes its folder. */
  async dispose(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.end("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }
}
