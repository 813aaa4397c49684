/**
 * `node demo/src/main.ts [--scenario NAME] [--seed N]`; the environment says where (schemas/src/process/env.ts), and which
 * scenario where no argument does (LOCKSTEP_DEMO_SCENARIO).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { EXIT_CONFIGURATION, exitCodeOf } from "@lockstep/process/exit-code";
import { processEnv } from "@lockstep/schemas/process/env";
import { pino } from "pino";
import { z } from "zod";
import { startDemo } from "./app.ts";
import { ConfigError } from "./config-error.ts";

const SCENARIOS = new URL("../scenarios/", import.meta.url);

function scenarioNames(): string[] {
  return readdirSync(SCENARIOS).flatMap((file) => (file.endsWith(".yml") ? [file.slice(0, -".yml".length)] : []));
}

function readArguments(): { scenarioFile: string; seed?: number } {
  const { values } = parseArgs({
    options: { scenario: { type: "string" }, seed: { type: "string" } },
  });
  const told = process.env["LOCKSTEP_DEMO_SCENARIO"] || undefined;
  const scenario = values.scenario ?? told ?? "default";
  const names = scenarioNames();
  if (!names.includes(scenario)) {
    const where = values.scenario === undefined ? "LOCKSTEP_DEMO_SCENARIO" : "--scenario";
    throw new ConfigError(`${where}: found ${JSON.stringify(scenario)}, expected one of ${names.join(", ")}`);
  }
  const scenarioFile = fileURLToPath(new URL(`${scenario}.yml`, SCENARIOS));
  if (values.seed === undefined) return { scenarioFile };
  if (!/^[0-9]{1,9}$/.test(values.seed)) throw new ConfigError(`--seed: found ${values.seed}, expected a whole number`);
  return { scenarioFile, seed: Number(values.seed) };
}

/** Of the collector's listener, where it wants one. */
function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch (cause) {
    throw new ConfigError(`LOCKSTEP_TOKEN_FILE: ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

async function main(): Promise<void> {
  const env = processEnv.safeParse(process.env);
  if (!env.success) throw new ConfigError(`environment: ${z.prettifyError(env.error)}`);
  const { LOCKSTEP_DATA: dataDir, LOCKSTEP_DEMO_PORT: port, LOCKSTEP_LOG_LEVEL: level } = env.data;
  const { LOCKSTEP_RECEIVE_PORT: receivePort, LOCKSTEP_TOKEN_FILE: tokenFile } = env.data;
  const log = pino({ level, base: { process: "demo" } }, pino.destination({ fd: 1, sync: true }));
  const app = await startDemo({
    ...readArguments(),
    dataDir,
    // Simulated pages are for this machine only.
    host: "127.0.0.1",
    port,
    receiver: { url: `http://127.0.0.1:${receivePort}`, token: readToken(tokenFile) },
    openProducer: (producer) => openSpoolProducer({ path: join(dataDir, "spool"), producer }),
    now: Date.now,
    log,
  });
  const stop = (signal: string) => {
    log.info({ signal }, "stopping");
    app.stop().then(() => process.exit(0), fail);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.stdout.write(`ready ${app.url}\n`);
  await app.backfilled;
}

function fail(error: unknown): never {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof TypeError && "code" in error ? EXIT_CONFIGURATION : exitCodeOf(error));
}

main().catch(fail);
