/** `lockstep start`: checks, then the system, then the address; signals from the terminal until the end. */
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LockstepSection } from "@lockstep/config/config";
import { METERED, metricsPortOf } from "../environment/section-env.ts";
import { readSection } from "./config-file.ts";
import type { Print } from "./console.ts";
import { lockData } from "./data-lock.ts";
import { addressOf, answersOk } from "./http-probe.ts";
import { readGiven, resolveOptions, type StartOptions, startHelp } from "./options.ts";
import { checkFreeSpace, checkPorts, checkToken, type PortUse, prepareDataFolder } from "./preflight.ts";
import { migrateStore, shownUrl } from "./schema.ts";
import { StartError } from "./start-error.ts";
import { System } from "./system.ts";

const READY_POLL_MS = 200;
/** When the pages answer but the first scrapes take longer than this, the address is said all the same. */
const PATIENCE_MS = 8_000;
/** `npm start` and its shell each pass on the Ctrl-C the terminal has already sent: these are one and the same. */
const SAME_SIGNAL_MS = 500;

export type StartSurroundings = {
  readonly root: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly print: Print;
};

/** Runs the system until a signal ends it. Resolves with the exit code; throws StartError before anything is started. */
export async function start(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const given = readGiven(argv, surroundings.env, surroundings.cwd);
  if (given.help) {
    surroundings.print(startHelp);
    return 0;
  }
  const section = given.config === undefined ? undefined : await readSection(given.config);
  const options = resolveOptions(given, section, surroundings.root);
  const unlock = await preflight(options);
  try {
    return await runSystem(options, section?.retention, surroundings);
  } finally {
    unlock();
  }
}

/** Resolves with the way to free the data folder. */
async function preflight(options: StartOptions): Promise<() => void> {
  checkToken(options.host, options.tokenFile);
  prepareDataFolder(options.data);
  const unlock = await lockData(options.data);
  try {
    checkFreeSpace(options.data);
    await checkPorts(options.host, portsOf(options));
  } catch (error) {
    unlock();
    throw error;
  }
  return unlock;
}

function portsOf(options: StartOptions): PortUse[] {
  const demo = { port: options.demoPort, use: "the simulated cluster", option: "--demo-port", host: "127.0.0.1" };
  return [
    { port: options.port, use: "the pages", option: "--port" },
    { port: options.receivePort, use: "receiving telemetry", option: "--receive-port" },
    ...(options.source.kind === "demo" ? [demo] : []),
    ...METERED.map((name) => ({
      port: metricsPortOf(name, options.metricsPort),
      use: `the metrics of ${name}`,
      option: "--metrics-port",
    })),
  ];
}

async function runSystem(
  options: StartOptions,
  retention: LockstepSection["retention"] | undefined,
  { root, print }: StartSurroundings,
): Promise<number> {
  const startedAt = Date.now();
  const end = Promise.withResolvers<number>();
  let stopping: Promise<void> | undefined;
  let signalledAt = 0;

  const system = new System(options, root, {
    print,
    now: Date.now,
    migrate: (env) => migrateStore(env, retention, (line) => print(`  ${line}`)),
    onFatal: (error) => stop(error.exitCode, error),
  });
  const stop = (exitCode: number, because: StartError | undefined) => {
    if (stopping !== undefined) return;
    if (because !== undefined) print(`lockstep: ${because.message}`);
    stopping = system.stop();
    stopping.then(() => end.resolve(exitCode), end.reject);
  };
  const onSignal = () => {
    const now = Date.now();
    if (stopping === undefined) {
      print("  stopping");
      signalledAt = now;
      stop(0, undefined);
    } else if (signalledAt > 0 && now - signalledAt > SAME_SIGNAL_MS) {
      system.kill();
      end.resolve(1);
    }
  };
  const onCrash = (error: unknown) => {
    print(`lockstep: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    system.kill();
    end.resolve(1);
  };
  listenToSurroundings(onSignal, () => system.reload(), onCrash);

  print(`Lockstep keeps its data in ${options.data}`);
  const { kafka, clickhouse } = options;
  if (kafka !== undefined) print(`  the log is Kafka at ${kafka.brokers.join(", ")}, topics ${kafka.topicPrefix}.*`);
  if (clickhouse?.url !== undefined) print(`  the store is the ClickHouse at ${shownUrl(clickhouse.url)}`);
  system.start().then(
    () => announce(options, startedAt, print, () => stopping !== undefined),
    // A child that does not come up reports itself through onFatal; a stop rejects what was still starting.
    (error: unknown) => stop(error instanceof StartError ? error.exitCode : 1, asStartError(error)),
  );
  const exitCode = await end.promise;
  if (exitCode === 0) print(`  stopped in ${((Date.now() - signalledAt) / 1000).toFixed(1)} s`);
  return exitCode;
}

function asStartError(error: unknown): StartError {
  return error instanceof StartError
    ? error
    : new StartError(error instanceof Error ? error.message : String(error), { cause: error });
}

function listenToSurroundings(onSignal: () => void, onReload: () => void, onCrash: (error: unknown) => void): void {
  const hadTerminal = hasTerminal();
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // A closed terminal sends SIGHUP too; that one means the end.
  process.on("SIGHUP", () => (hadTerminal && !hasTerminal() ? onSignal() : onReload()));
  // The plain JavaScript that started this is gone, without a signal it could have passed on.
  process.on("disconnect", onSignal);
  // Nobody reads any more (`npm start | head`).
  process.stdout.on("error", onSignal);
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r+"));
    return true;
  } catch {
    // No controlling terminal: started by a service manager, or the terminal has been closed.
    return false;
  }
}

async function announce(options: StartOptions, startedAt: number, print: Print, isOver: () => boolean): Promise<void> {
  const address = addressOf(options.host, options.port);
  let patient = true;
  while (!isOver()) {
    const answer = await answersOk(options, "/-/ready");
    if (isOver()) return;
    if (answer.ok) {
      const what = { demo: "simulated cluster; ", file: "", none: "nothing to scrape yet; " }[options.source.kind];
      print(`Lockstep is ready: ${address}  (${what}Ctrl-C stops)`);
      return;
    }
    if (patient && Date.now() - startedAt > PATIENCE_MS) {
      patient = false;
      print(`Lockstep answers at ${address}, waiting for the first scrapes (${answer.said})`);
    }
    await sleep(READY_POLL_MS);
  }
}
