/** One supervised process: started, watched, restarted with back-off when it crashes, stopped when asked. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EXIT_CONFIGURATION } from "@lockstep/process/exit-code";
import { afterCrash, noCrash } from "./backoff.ts";
import { type Print, rateLimit, reasonOf, warningOf } from "./console.ts";
import { lineSplitter } from "./lines.ts";
import type { LogFile } from "./log-file.ts";
import { StartError } from "./start-error.ts";

const endWithParent = fileURLToPath(new URL("./end-with-parent.ts", import.meta.url));
const KEPT_STDERR_LINES = 20;
/** A child that has never come up after this many starts will not: the start is given up. */
const START_ATTEMPTS = 5;
const READY_POLL_MS = 100;
/** How long the last output of an ended child is waited for. */
const OUTPUT_LIMIT_MS = 300;

export type ChildSpec = {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** For Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Asked again and again until true; undefined: the child says so with a stdout line that begins with `ready`. */
  readonly isReady: (() => Promise<boolean>) | undefined;
  /** From SIGTERM to SIGKILL. */
  readonly killAfterMs: number;
};

export type ChildReports = {
  readonly log: LogFile;
  readonly print: Print;
  /** The child said that only a person can help (exit code 78). Not called while stopping. */
  readonly onFatal: (error: StartError) => void;
  readonly now: () => number;
};

export class Child {
  readonly spec: ChildSpec;
  readonly #reports: ChildReports;
  readonly #warn: Print;
  readonly #firstReady = Promise.withResolvers<void>();
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #backoff = noCrash;
  #wasReady = false;
  #stopping = false;

  constructor(spec: ChildSpec, reports: ChildReports) {
    this.spec = spec;
    this.#reports = reports;
    this.#warn = rateLimit(reports.print, 5, 10_000, reports.now);
    // Whoever never asks for readiness must not die of it.
    this.#firstReady.promise.catch(() => undefined);
  }

  /** Resolves when the child is up for the first time. Rejects with StartError when it never comes up. */
  start(): Promise<void> {
    this.#spawn();
    return this.#firstReady.promise;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** SIGTERM now, SIGKILL after the child's limit; resolves when it has ended. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#firstReady.reject(new StartError(`${this.spec.name} was stopped before it was up`));
    this.#process?.kill("SIGTERM");
    const kill = setTimeout(() => this.#process?.kill("SIGKILL"), this.spec.killAfterMs);
    await this.#ended;
    clearTimeout(kill);
  }

  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#process?.kill("SIGKILL");
  }

  #spawn(): void {
    const { spec } = this;
    const startedAt = this.#reports.now();
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        ...(spec.nodeArgs ?? []),
        "--import",
        endWithParent,
        spec.script,
        ...spec.args,
      ],
      {
        cwd: spec.cwd,
        env: { ...spec.env, LOCKSTEP_SUPERVISOR_PID: String(process.pid) },
        stdio: ["pipe", "pipe", "pipe"],
        // A session of its own: Ctrl-C reaches only the supervisor, which stops everything in order.
        detached: true,
      },
    );
    this.#process = child;
    const running = { ready: false, ended: false };
    const ready = () => {
      if (running.ready || running.ended) return;
      running.ready = true;
      if (this.#wasReady) this.#say(`is up again after ${seconds(this.#reports.now() - startedAt)}`);
      this.#wasReady = true;
      this.#firstReady.resolve();
    };
    const stderr = this.#readOutput(child, ready);
    // The pipe breaks when the child dies; its exit is handled below.
    child.stdin.on("error", () => undefined);
    if (spec.isReady !== undefined) void pollReady(spec.isReady, ready, () => running.ready || running.ended);
    this.#ended = new Promise((resolve) => {
      const end = (how: string, code: number | null) => {
        if (running.ended) return;
        running.ended = true;
        this.#process = undefined;
        this.#afterEnd(how, code, stderr, this.#reports.now() - startedAt);
        resolve();
      };
      child.on("error", (error) => end(`cannot be started: ${error.message}`, null));
      const howOf = (code: number | null, signal: NodeJS.Signals | null) =>
        signal === null ? `exit code ${code}` : `killed by ${signal}`;
      child.on("close", (code, signal) => end(howOf(code, signal), code));
      // Something the child has left behind may hold its output open; the child itself is gone all the same.
      child.on("exit", (code, signal) => setTimeout(() => end(howOf(code, signal), code), OUTPUT_LIMIT_MS));
    });
  }

  /** Sends all output to the log; returns the last lines of stderr, filled as they come. */
  #readOutput(child: ChildProcess, ready: () => void): string[] {
    const stderr: string[] = [];
    const out = lineSplitter((line) => {
      this.#reports.log.write(line);
      if (this.spec.isReady === undefined && line.startsWith("ready")) ready();
      const warning = this.#stopping ? undefined : warningOf(line);
      if (warning !== undefined) this.#warn(`${this.spec.name}: ${warning}`);
    });
    const err = lineSplitter((line) => {
      this.#reports.log.write(line);
      stderr.push(line);
      if (stderr.length > KEPT_STDERR_LINES) stderr.shift();
    });
    child.stdout?.setEncoding("utf8").on("data", out.push).on("end", out.end);
    child.stderr?.setEncoding("utf8").on("data", err.push).on("end", err.end);
    return stderr;
  }

  #afterEnd(how: string, code: number | null, stderr: readonly string[], ranMs: number): void {
    this.#reports.log.write(`[${new Date(this.#reports.now()).toISOString()} ended: ${how}]`);
    if (this.#stopping) return;
    const reason = reasonOf(this.spec.name, stderr);
    if (code === EXIT_CONFIGURATION) {
      this.#giveUp(new StartError(reason ?? `${this.spec.name}: ${how}`, { exitCode: EXIT_CONFIGURATION }));
      return;
    }
    this.#backoff = afterCrash(this.#backoff, ranMs);
    const said = reason === undefined ? how : `${how}, ${reason}`;
    if (!this.#wasReady && this.#backoff.crashes >= START_ATTEMPTS) {
      const log = this.#reports.log.path;
      this.#giveUp(new StartError(`${this.spec.name} does not come up (${said}); its log is ${log}`));
      return;
    }
    this.#say(`ended (${said}), starting again in ${seconds(this.#backoff.delayMs)}`);
    this.#restart = setTimeout(() => this.#spawn(), this.#backoff.delayMs);
  }

  #giveUp(error: StartError): void {
    this.#stopping = true;
    this.#firstReady.reject(error);
    this.#reports.onFatal(error);
  }

  #say(what: string): void {
    this.#reports.print(`${this.spec.name} ${what}`);
  }
}

async function pollReady(isReady: () => Promise<boolean>, ready: () => void, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if (await isReady()) return ready();
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`;
}
