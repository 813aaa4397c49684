/** The frame every Lockstep process runs in: environment, log, signals, exit codes, and the `ready` line. */
import { randomUUID } from "node:crypto";
import { type ProcessEnv, processEnv } from "@lockstep/schemas/process/env";
import { type Logger, pino } from "pino";
import { z } from "zod";
import { EXIT_CONFIGURATION, EXIT_FAILURE, exitCodeOf } from "./exit-code.ts";
import type { Meter } from "./metrics.ts";
import { startSelfMetrics } from "./self-metrics.ts";

export type { Logger };

export type Running = {
  /** Drains and closes everything; called once at most. */
  stop(): Promise<void>;
  /** Called on SIGHUP; a rejection is logged and changes nothing. */
  reload?(): Promise<void>;
};

export type ProcessContext = {
  readonly env: ProcessEnv;
  readonly log: Logger;
  /** Random per process start. */
  readonly run: string;
  /** Counts into the page at LOCKSTEP_METRICS_PORT; nowhere where that is 0. */
  readonly meter: Meter;
};

/**
 * Runs `start` and keeps its result until SIGTERM or SIGINT, then stops it and exits 0. Prints `ready NAME` on stdout
 * once `start` has resolved; all else on stdout is one JSON object a line. A failure prints its message on stderr and
 * exits with EXIT_CONFIGURATION for a ConfigError or an environment that does not parse, else with EXIT_FAILURE.
 */
export function runProcess(name: string, start: (context: ProcessContext) => Promise<Running>): void {
  const parsed = processEnv.safeParse(process.env);
  if (!parsed.success) {
    process.stderr.write(`${name}: environment: ${z.prettifyError(parsed.error)}\n`);
    process.exit(EXIT_CONFIGURATION);
  }
  const env = parsed.data;
  const log = pino(
    { level: env.LOCKSTEP_LOG_LEVEL, base: { process: name } },
    // Synchronous, so that the last line before an exit is never lost.
    pino.destination({ fd: 1, sync: true }),
  );
  void supervise(name, log, startMeasured(name, env, log, start));
}

async function startMeasured(
  name: string,
  env: ProcessEnv,
  log: Logger,
  start: (context: ProcessContext) => Promise<Running>,
): Promise<Running> {
  const metrics = await startSelfMetrics(name, env);
  const running = await start({ env, log, run: randomUUID(), meter: metrics.meter });
  return {
    stop: async () => {
      await running.stop();
      await metrics.stop();
    },
    ...(running.reload === undefined ? {} : { reload: () => running.reload!() }),
  };
}

async function supervise(name: string, log: Logger, starting: Promise<Running>): Promise<void> {
  let stopping = false;

  const fail = (error: unknown): never => {
    log.fatal({ err: error }, "ended by an error");
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(exitCodeOf(error));
  };

  const stop = async (signal: string): Promise<void> => {
    // The second signal means: now. The supervisor or the person has waited long enough.
    if (stopping) process.exit(EXIT_FAILURE);
    stopping = true;
    log.info({ signal }, "stopping");
    try {
      await (await starting).stop();
    } catch (error) {
      fail(error);
    }
    log.info("stopped");
    process.exit(0);
  };

  const reload = async (): Promise<void> => {
    const running = await starting;
    if (running.reload === undefined) return;
    try {
      await running.reload();
      log.info("reloaded");
    } catch (error) {
      log.error({ err: error }, "reload refused, nothing changed");
    }
  };

  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
  process.on("SIGHUP", () => void reload());
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  try {
    await starting;
  } catch (error) {
    fail(error);
  }
  if (!stopping) process.stdout.write(`ready ${name}\n`);
}
