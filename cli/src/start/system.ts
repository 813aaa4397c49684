/** The running system: what starts after what, what stops before what. */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessEnv, processEnv } from "@lockstep/schemas/process/env";
import { Child } from "./child.ts";
import { type Print, stepLine } from "./console.ts";
import { LogFile } from "./log-file.ts";
import type { StartOptions } from "./options.ts";
import { freePort } from "./preflight.ts";
import { childEnv, type Places, type ProcessName, processSpec } from "./processes.ts";
import { ensureSecret } from "./secret.ts";
import { StartError } from "./start-error.ts";

/** First those who bring in or show, then those who write, then what they write to. */
const STOP_ORDER: readonly (readonly ProcessName[])[] = [["web", "collector", "demo"], ["ingest", "watch"], ["store"]];
/** The next group is told to stop after this long even when the one before is still busy. */
const GROUP_LIMIT_MS = 2_500;
const STOP_LIMIT_MS = 7_500;

export type SystemSurroundings = {
  /** Brings the schema of the store up to date; resolves with how many migrations that took. */
  readonly migrate: (env: ProcessEnv) => Promise<number>;
  readonly print: Print;
  readonly onFatal: (error: StartError) => void;
  readonly now: () => number;
};

export class System {
  readonly #options: StartOptions;
  readonly #surroundings: SystemSurroundings;
  readonly #root: string;
  readonly #children = new Map<ProcessName, Child>();
  readonly #logs: LogFile[] = [];
  readonly #startedAt: number;
  #stopping = false;

  constructor(options: StartOptions, root: string, surroundings: SystemSurroundings) {
    this.#options = options;
    this.#root = root;
    this.#surroundings = surroundings;
    this.#startedAt = surroundings.now();
  }

  /** Resolves when every process is up. Rejects with StartError when one cannot come up, or when stopped meanwhile. */
  async start(): Promise<void> {
    const { source, clickhouse, data } = this.#options;
    const passwordFile = join(data, "secrets", "clickhouse-password");
    if (clickhouse === undefined) ensureSecret(passwordFile);
    const places: Places = {
      root: this.#root,
      clickhouseUrl: clickhouse?.url ?? `http://127.0.0.1:${await freePort()}`,
      passwordFile,
      configFile: this.#configFile(),
      run: randomUUID(),
    };
    const env = childEnv(this.#options, places, process.env);
    this.#writeEnvironment(env);
    await Promise.all([
      this.#bring("web", env),
      (source.kind === "demo" ? this.#bring("demo", env) : Promise.resolve()).then(() => this.#bring("collector", env)),
      (clickhouse === undefined ? this.#bring("store", env) : Promise.resolve())
        .then(() => this.#migrate(env))
        .then(() => Promise.all([this.#bring("ingest", env), this.#bring("watch", env)])),
    ]);
  }

  /** Passes SIGHUP on to those who read the configuration. */
  reload(): void {
    for (const name of ["collector", "watch"] as const) this.#children.get(name)?.signal("SIGHUP");
  }

  /** May be called again: then it waits for the same end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const killAll = setTimeout(() => this.kill(), STOP_LIMIT_MS);
    const ends: Promise<void>[] = [];
    for (const group of STOP_ORDER) {
      const ended = Promise.all(group.map((name) => this.#children.get(name)?.stop()));
      ends.push(ended.then(() => undefined));
      await within(ended, GROUP_LIMIT_MS);
    }
    await Promise.all(ends);
    clearTimeout(killAll);
    for (const log of this.#logs.splice(0)) log.close();
  }

  /** SIGKILL for all of them, at once. */
  kill(): void {
    for (const child of this.#children.values()) child.kill();
  }

  async #bring(name: ProcessName, env: NodeJS.ProcessEnv): Promise<void> {
    if (this.#stopping) throw new StartError(`${name} was stopped before it was up`);
    const log = new LogFile(join(this.#options.data, "logs", `${name}.log`));
    this.#logs.push(log);
    const { print, onFatal, now } = this.#surroundings;
    const child = new Child(processSpec(name, this.#options, this.#root, env), { log, print, onFatal, now });
    this.#children.set(name, child);
    await child.start();
    this.#step(name, "up");
  }

  async #migrate(env: NodeJS.ProcessEnv): Promise<void> {
    const applied = await this.#surroundings.migrate(processEnv.parse(env));
    this.#step("schema", applied === 0 ? "up to date" : `${applied} migrations applied`);
  }

  /** For whoever wants to join the running system: tests, other commands. Holds paths of secrets, no secrets. */
  #writeEnvironment(env: NodeJS.ProcessEnv): void {
    const ours = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("LOCKSTEP_")));
    writeFileSync(join(this.#options.data, "run", "environment.json"), `${JSON.stringify(ours, null, 2)}\n`);
  }

  #configFile(): string {
    const { source, data } = this.#options;
    if (source.kind === "file") return source.path;
    if (source.kind === "demo") return join(data, "demo", "prometheus.yml");
    const path = join(data, "run", "no-targets.yml");
    writeFileSync(path, "# Started with --no-demo and without --config: nothing to scrape yet.\nscrape_configs: []\n");
    return path;
  }

  #step(name: string, what: string): void {
    this.#surroundings.print(stepLine(name, what, this.#surroundings.now() - this.#startedAt));
  }
}

async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
