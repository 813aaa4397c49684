/** A process that is started again whenever it ends, as a supervisor or an orchestrator would. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";

export type ProcessSpec = {
  readonly name: string;
  /** A .ts file that Node runs. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
};

/** How long it stays away after it ended, so that the others notice. */
const AWAY_MS = 500;
const STOP_LIMIT_MS = 15_000;

export class KeptProcess {
  readonly name: string;
  readonly #spec: ProcessSpec;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;
  /** How often it ended without having been asked to. */
  ends = 0;
  /** Why it ended by itself, where no signal of ours did it. */
  readonly crashes: string[] = [];
  #killing = false;

  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.#spec = spec;
    this.#log = createWriteStream(spec.logFile, { flags: "a" });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it has said `ready`. */
  start(): Promise<void> {
    this.#wanted = true;
    return this.#spawn();
  }

  #spawn(): Promise<void> {
    const { script, env, name } = this.#spec;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], {
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#killing = false;
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
      this.#log.write(chunk);
    });
    return new Promise((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        this.#log.write(chunk);
        if (chunk.toString().includes(`ready `)) resolve();
      });
      child.once("exit", (code, signal) => {
        this.#child = undefined;
        reject(new Error(`${name} ended with ${code ?? signal} before it was ready: ${said}`));
        if (!this.#wanted) return;
        this.ends += 1;
        if (!this.#killing)
          this.crashes.push(`${name} ended with ${code ?? signal}: ${said.trim().split("\n").at(-1)}`);
        this.#timer = setTimeout(() => this.#spawn().catch(() => {}), AWAY_MS); // its end is counted where it happens
      });
    });
  }

  /** False where it is not running at the moment. */
  signal(signal: NodeJS.Signals): boolean {
    if (this.#child === undefined) return false;
    if (signal === "SIGKILL") this.#killing = true;
    return this.#child.kill(signal);
  }

  /** SIGTERM, and SIGKILL for one that does not mind it. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child !== undefined) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await gone;
      clearTimeout(late);
    }
  }
}
