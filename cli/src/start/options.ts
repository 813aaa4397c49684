/** How a start is told what to do: a flag wins over the environment, that over the `lockstep:` key of the configuration, that over the default. */
import { isAbsolute, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { LockstepSection } from "@lockstep/config/config";
import type { KafkaSettings } from "@lockstep/log/kafka/settings";
import { METRICS_PORTS } from "@lockstep/schemas/process/self-metrics";
import { checkedEnv, checkedKafka } from "../environment/checked-env.ts";
import { deploymentEnv, isDeploymentVariable, METERED, type Variables } from "../environment/section-env.ts";
import { StartError } from "./start-error.ts";

export const startHelp = `lockstep start: the whole system on this machine

  --config FILE        a prometheus.yml; without it a simulated cluster is watched   LOCKSTEP_CONFIG
  --data DIR           where everything is kept (default: data/ of the repository)   LOCKSTEP_DATA
  --port N             pages and HTTP API (3000)                                     LOCKSTEP_PORT
  --receive-port N     remote_write, OTLP, observations (4318)                       LOCKSTEP_RECEIVE_PORT
  --host ADDRESS       where both listen (127.0.0.1); elsewhere needs a token        LOCKSTEP_HOST
  --token-file FILE    holds the bearer token that every request must carry          LOCKSTEP_TOKEN_FILE
  --metrics-port N     own metrics: collector here, ingest, watch and web on the
                       next three (9464); 0: none                                    LOCKSTEP_METRICS_PORT
  --kafka-brokers LIST host:port,host:port: Kafka is the log instead of the disk     LOCKSTEP_KAFKA_BROKERS
  --demo-port N        where the simulated exporters listen (9400)                   LOCKSTEP_DEMO_PORT
  --no-demo            no simulated cluster, also without --config                   LOCKSTEP_NO_DEMO=1
`;

const USAGE_EXIT_CODE = 2;

const flags = {
  config: { type: "string" },
  data: { type: "string" },
  port: { type: "string" },
  "receive-port": { type: "string" },
  host: { type: "string" },
  "token-file": { type: "string" },
  "metrics-port": { type: "string" },
  "kafka-brokers": { type: "string" },
  "demo-port": { type: "string" },
  "no-demo": { type: "boolean" },
  help: { type: "boolean" },
} as const;

type FlagName = keyof typeof flags;
export type Given = {
  readonly help: boolean;
  readonly config: string | undefined;
  readonly noDemo: boolean;
  readonly value: (name: FlagName) => string | undefined;
  /** Of the environment: which log, and which part of the work. */
  readonly deployment: Variables;
};

/** Flags and environment joined, before the configuration is read. Relative paths are resolved against `cwd`. */
export function readGiven(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Given {
  let values: Partial<Record<FlagName, string | boolean>>;
  try {
    values = parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const said = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new StartError(`${said}; \`lockstep start --help\` names the options`, { exitCode: USAGE_EXIT_CODE });
  }
  const fromEnv = (name: FlagName) => env[`LOCKSTEP_${name.toUpperCase().replaceAll("-", "_")}`] || undefined;
  const value = (name: FlagName): string | undefined => {
    const flag = values[name];
    const given = typeof flag === "string" ? flag : fromEnv(name);
    const isPath = name === "config" || name === "data" || name === "token-file";
    return given !== undefined && isPath ? resolve(cwd, given) : given;
  };
  const noDemo = values["no-demo"] === true || isOn("LOCKSTEP_NO_DEMO", fromEnv("no-demo"));
  const given = Object.entries(env).filter(([name, text]) => isDeploymentVariable(name) && text);
  const deployment = Object.fromEntries(given) as Variables;
  return { help: values.help === true, config: value("config"), noDemo, value, deployment };
}

function isOn(name: string, value: string | undefined): boolean {
  if (value === undefined || ["0", "false", "no"].includes(value)) return false;
  if (["1", "true", "yes"].includes(value)) return true;
  throw new StartError(`${name} must be 1 or 0, found ${JSON.stringify(value)}`, { exitCode: USAGE_EXIT_CODE });
}

/** Where telemetry comes from: a file of the user's, the simulated cluster, or nowhere yet. */
export type Source =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "demo" }
  | { readonly kind: "none" };

export type StartOptions = {
  readonly source: Source;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly receivePort: number;
  readonly demoPort: number;
  readonly tokenFile: string | undefined;
  /** The collector's; 0: no process serves metrics. */
  readonly metricsPort: number;
  /** Variables that every process gets: which log, and which part of the work. */
  readonly deployment: Variables;
  /** Undefined: the spool on disk is the log. */
  readonly kafka: KafkaSettings | undefined;
  /** A ClickHouse that someone else runs; undefined: the embedded one. */
  readonly clickhouse: LockstepSection["clickhouse"];
};

/** `section` is the `lockstep:` key of the configuration where there is one. */
export function resolveOptions(given: Given, section: LockstepSection | undefined, root: string): StartOptions {
  const source: Source =
    given.config !== undefined
      ? { kind: "file", path: given.config }
      : given.noDemo
        ? { kind: "none" }
        : { kind: "demo" };
  // The simulated cluster has a folder of its own, so that its GPUs never show up among real ones.
  const defaultData = join(root, "data", source.kind === "demo" ? "demo-cluster" : "");
  const data = given.value("data") ?? section?.data ?? defaultData;
  const brokers = given.value("kafka-brokers");
  const deployment: Variables = {
    ...deploymentEnv(section),
    ...given.deployment,
    ...(brokers === undefined ? {} : { LOCKSTEP_KAFKA_BROKERS: brokers }),
  };
  return {
    source,
    data: isAbsolute(data) ? data : resolve(root, data),
    host: given.value("host") ?? section?.host ?? "127.0.0.1",
    port: portOf(given, "port") ?? section?.port ?? 3000,
    receivePort: portOf(given, "receive-port") ?? section?.receivePort ?? 4318,
    demoPort: portOf(given, "demo-port") ?? 9400,
    tokenFile: given.value("token-file") ?? section?.tokenFile,
    metricsPort: metricsBase(given) ?? section?.metricsPort ?? METRICS_PORTS.collector,
    deployment,
    kafka: checkedKafka(checkedEnv({ LOCKSTEP_DATA: data, ...deployment })),
    clickhouse: section?.clickhouse?.url === undefined ? undefined : section.clickhouse,
  };
}

/** Four ports in a row have to fit. */
function metricsBase(given: Given): number | undefined {
  if (given.value("metrics-port") === "0") return 0;
  const port = portOf(given, "metrics-port");
  const last = 65_536 - METERED.length;
  if (port === undefined || port <= last) return port;
  throw new StartError(`--metrics-port must be at most ${last}, found ${port}: it is the first of ${METERED.length}`, {
    exitCode: USAGE_EXIT_CODE,
  });
}

function portOf(given: Given, name: FlagName): number | undefined {
  const text = given.value(name);
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new StartError(`--${name} must be a port from 1 to 65535, found ${JSON.stringify(text)}`, {
    exitCode: USAGE_EXIT_CODE,
  });
}
