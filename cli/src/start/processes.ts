/** The processes of a system on one machine: which there are, and what each is told. */
import { join } from "node:path";
import { METERED, type Metered, metricsPortOf } from "../environment/section-env.ts";
import type { ChildSpec } from "./child.ts";
import { answersOk, authority } from "./http-probe.ts";
import type { StartOptions } from "./options.ts";

export type ProcessName = "store" | "demo" | "collector" | "ingest" | "watch" | "web";

/**
 * The labels of new series outlive a small young generation only to be thrown away: with 200,000 series at a cold start
 * collecting them took 5.0 s of 24, and 1.6 s so.
 */
const COLLECTOR_NODE_ARGS = ["--max-semi-space-size=32"];
const GRACE_MS = 5_000;
/** Web holds nothing that a kill could lose; only answers that are still being read delay its end. */
const WEB_GRACE_MS = 1_500;

/** Of the supervisor's own settings, those that its processes read as they are. */
const PASSED_ON: ReadonlySet<string> = new Set([
  "LOCKSTEP_LOG_LEVEL",
  "LOCKSTEP_DEMO_SCENARIO",
  "LOCKSTEP_GPU_HOUR_PRICE",
]);

export type Places = {
  readonly root: string;
  readonly clickhouseUrl: string;
  readonly passwordFile: string;
  readonly configFile: string;
  readonly run: string;
};

/** The environment every process of this start gets; `inherited` is the supervisor's own. */
export function childEnv(options: StartOptions, places: Places, inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (!name.startsWith("LOCKSTEP_") || PASSED_ON.has(name)) env[name] = value;
  }
  const { clickhouse } = options;
  return {
    ...env,
    LOCKSTEP_DATA: options.data,
    LOCKSTEP_CONFIG: places.configFile,
    LOCKSTEP_DEMO: options.source.kind === "demo" ? "1" : "0",
    LOCKSTEP_RUN: places.run,
    LOCKSTEP_HOST: options.host,
    LOCKSTEP_PORT: String(options.port),
    LOCKSTEP_RECEIVE_PORT: String(options.receivePort),
    LOCKSTEP_DEMO_PORT: String(options.demoPort),
    LOCKSTEP_CLICKHOUSE_URL: places.clickhouseUrl,
    ...(clickhouse?.user === undefined ? {} : { LOCKSTEP_CLICKHOUSE_USER: clickhouse.user }),
    ...(clickhouse?.database === undefined ? {} : { LOCKSTEP_CLICKHOUSE_DATABASE: clickhouse.database }),
    ...(clickhouse !== undefined && clickhouse.passwordFile === undefined
      ? {}
      : { LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: clickhouse?.passwordFile ?? places.passwordFile }),
    ...(options.tokenFile === undefined ? {} : { LOCKSTEP_TOKEN_FILE: options.tokenFile }),
    ...options.deployment,
    LOCKSTEP_SELF_TARGETS: selfTargets(options),
  };
}

function selfTargets({ host, metricsPort }: StartOptions): string {
  if (metricsPort === 0) return "";
  const at = authority(host);
  return METERED.map((name) => `${name}=${at}:${metricsPortOf(name, metricsPort)}`).join(",");
}

function isMetered(name: ProcessName): name is Metered {
  return (METERED as readonly string[]).includes(name);
}

/** The entry of each process that Node runs as it is, from the root. */
export const SCRIPTS: Record<Exclude<ProcessName, "web">, string> = {
  store: "packages/store/src/embedded/main.ts",
  demo: "demo/src/main.ts",
  collector: "collector/src/main.ts",
  ingest: "ingest/src/main.ts",
  watch: "watch/src/main.ts",
};

export const WEB_SCRIPT = "node_modules/next/dist/bin/next";
export const WEB_ENV = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;

export function webArgs(host: string, port: number): string[] {
  return ["start", "--hostname", host, "--port", String(port)];
}

/** `shared` is what childEnv made. */
export function processSpec(
  name: ProcessName,
  options: StartOptions,
  root: string,
  shared: NodeJS.ProcessEnv,
): ChildSpec {
  const metricsPort = isMetered(name) ? metricsPortOf(name, options.metricsPort) : 0;
  const env = { ...shared, LOCKSTEP_METRICS_PORT: String(metricsPort) };
  if (name === "web") return webSpec(options, root, env);
  return {
    name,
    script: join(root, SCRIPTS[name]),
    args: [],
    ...(name === "collector" && { nodeArgs: COLLECTOR_NODE_ARGS }),
    // chdb runs queries on libuv's threads: its default of 4 would queue them behind each other.
    env: name === "store" ? { ...env, UV_THREADPOOL_SIZE: "16" } : env,
    cwd: root,
    isReady: undefined,
    killAfterMs: GRACE_MS,
  };
}

function webSpec(options: StartOptions, root: string, env: NodeJS.ProcessEnv): ChildSpec {
  const probe = { host: options.host, port: options.port, tokenFile: options.tokenFile };
  return {
    name: "web",
    script: join(root, WEB_SCRIPT),
    args: webArgs(options.host, options.port),
    env: { ...env, ...WEB_ENV },
    cwd: join(root, "web"),
    isReady: async () => (await answersOk(probe, "/-/healthy")).ok,
    killAfterMs: WEB_GRACE_MS,
  };
}
