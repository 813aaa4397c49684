/** Starts the real system in a folder of its own, as a person would, and stops it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessEnv, processEnv } from "@lockstep/schemas/process/env";
import { createStore, type Store, storeOptionsFromEnv } from "@lockstep/store/client";
import { freePortBlock, freePorts } from "./ports.ts";
import { childrenOf } from "./process-table.ts";

export const root = resolve(import.meta.dirname, "../..");
const nextBuild = join(root, "web/.next/BUILD_ID");

/** Part of the command line of each process, by which it is found. */
const marks = {
  store: "packages/store/src/embedded/main.ts",
  demo: "demo/src/main.ts",
  collector: "collector/src/main.ts",
  ingest: "ingest/src/main.ts",
  watch: "watch/src/main.ts",
  web: "next",
} as const;
/** How many processes serve metrics. */
const METERED = 4;
export type ProcessName = keyof typeof marks;

export type SystemOptions = {
  /** The text of a prometheus.yml; undefined: the simulated cluster. */
  readonly config?: string;
  /** An existing folder to keep data in; undefined: one that is removed at the end. */
  readonly data?: string;
  readonly args?: readonly string[];
  /** Variables besides those that are cleaned away. */
  readonly env?: Readonly<Record<string, string>>;
  /** The system scrapes itself too. */
  readonly metrics?: boolean;
};

type Ports = { readonly port: number; readonly receivePort: number; readonly metricsPort: number };

/** What runs, or has ended: everything it printed, and how it ended. */
export class System {
  readonly data: string;
  readonly url: string;
  readonly receiveUrl: string;
  /** The collector's; ingest, watch and web have the next three. 0 unless asked for. */
  readonly metricsPort: number;
  readonly startedAt = Date.now();
  readonly #process: ChildProcess;
  readonly #temporary: string | undefined;
  readonly ended: Promise<number | null>;
  output = "";

  constructor(process_: ChildProcess, data: string, ports: Ports, temporary: string | undefined) {
    this.#process = process_;
    this.data = data;
    this.url = `http://127.0.0.1:${ports.port}`;
    this.receiveUrl = `http://127.0.0.1:${ports.receivePort}`;
    this.metricsPort = ports.metricsPort;
    this.#temporary = temporary;
    for (const stream of [process_.stdout, process_.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
    this.ended = new Promise((resolvePromise) => process_.on("close", (code) => resolvePromise(code)));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /**
   * Resolves with the milliseconds since the start; rejects with all output when the system ends or takes longer.
   * Nine seconds are usual; the limit is for several systems that start at once on a slow disk.
   */
  async ready(limitMs = 150_000): Promise<number> {
    let over: number | null | undefined;
    void this.ended.then((code) => {
      over = code;
    });
    while (!this.output.includes("Lockstep is ready: ")) {
      if (over !== undefined) throw new Error(`the system ended with ${over} before it was ready:\n${this.output}`);
      if (Date.now() - this.startedAt > limitMs) {
        throw new Error(`not ready after ${limitMs} ms:\n${this.output}\n${this.logs()}`);
      }
      await sleep(50);
    }
    return Date.now() - this.startedAt;
  }

  pidOf(name: ProcessName): number | undefined {
    return childrenOf(this.pid).find(({ command }) => command.includes(marks[name]))?.pid;
  }

  pids(): number[] {
    return childrenOf(this.pid).map(({ pid }) => pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  env(): ProcessEnv {
    return processEnv.parse(JSON.parse(readFileSync(join(this.data, "run/environment.json"), "utf8")));
  }

  /** The last lines of the log of each process. */
  logs(): string {
    const folder = join(this.data, "logs");
    const tail = (name: string) => `${name}: ${readFileSync(join(folder, name), "utf8").slice(-1_500)}`;
    return readdirSync(folder).map(tail).join("\n");
  }

  /** The ClickHouse of this system; the caller closes it. */
  store(): Store {
    return createStore(storeOptionsFromEnv(this.env()));
  }

  /** GET, parsed as JSON; throws for anything but a 200. */
  async json(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 500)}`);
    return response.json();
  }

  /** Stops it as Ctrl-C does and removes what it wrote. */
  async stop(): Promise<{ code: number | null; tookMs: number }> {
    const started = Date.now();
    this.#process.kill("SIGINT");
    const code = await this.ended;
    if (this.#temporary !== undefined) rmSync(this.#temporary, { recursive: true, force: true });
    return { code, tookMs: Date.now() - started };
  }
}

export function webIsBuilt(): boolean {
  return existsSync(nextBuild);
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const [port = 0, receivePort = 0, demoPort = 0] = await freePorts(3);
  const temporary = mkdtempSync(join(tmpdir(), "lockstep-e2e-"));
  const data = options.data ?? join(temporary, "data");
  // Off by default: the tests compare what is stored with what their own targets served.
  const metricsPort = options.metrics === true ? await freePortBlock(METERED) : 0;
  const ports = ["--port", port, "--receive-port", receivePort, "--demo-port", demoPort, "--metrics-port", metricsPort];
  const args = [...ports, "--data", data].map(String);
  if (options.config !== undefined) {
    const file = join(temporary, "prometheus.yml");
    writeFileSync(file, options.config);
    args.push("--config", file);
  }
  const child = spawn(process.execPath, [join(root, "cli/src/main.ts"), "start", ...args, ...(options.args ?? [])], {
    cwd: root,
    env: { ...cleanEnv(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // Away from the terminal's Ctrl-C, which is for the tests.
    detached: true,
  });
  return new System(child, data, { port, receivePort, metricsPort }, temporary);
}

/** Without what this start of the tests would pass on to the system. */
function cleanEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("LOCKSTEP_") && !name.startsWith("VITEST") && !["NODE_ENV", "INIT_CWD"].includes(name),
  );
  return Object.fromEntries(kept);
}
