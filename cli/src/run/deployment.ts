/** What one process of a distributed deployment is told: variables over the `lockstep:` key over defaults. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { LockstepSection } from "@lockstep/config/config";
import type { KafkaSettings } from "@lockstep/log/kafka/settings";
import type { ProcessEnv } from "@lockstep/schemas/process/env";
import { METRICS_PORTS } from "@lockstep/schemas/process/self-metrics";
import { checkedEnv, checkedKafka } from "../environment/checked-env.ts";
import { METERED, type Metered, metricsPortOf, sectionEnv, type Variables } from "../environment/section-env.ts";
import { readSection } from "../start/config-file.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";

const USAGE_EXIT_CODE = 2;

export type Deployed = Metered;

export type Deployment = {
  readonly name: Deployed;
  /** All LOCKSTEP_* variables of the process. */
  readonly variables: Variables;
  readonly env: ProcessEnv;
  readonly kafka: KafkaSettings | undefined;
  /** Undefined without a configuration: what the tables have stays. */
  readonly retention: LockstepSection["retention"] | undefined;
};

export type Named = { readonly name: Deployed; readonly config: string | undefined };

/** `NAME [--config FILE]`; undefined when the help was asked for and printed. Throws StartError for anything else. */
export function readNamed(
  command: string,
  argv: readonly string[],
  surroundings: StartSurroundings,
  help: string,
): Named | undefined {
  const { positionals, config, helpAsked } = readConfigFlag(command, argv, surroundings);
  if (helpAsked) {
    surroundings.print(help);
    return undefined;
  }
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0 || !isDeployed(name)) {
    const found = name === undefined ? "nothing" : JSON.stringify(positionals.join(" "));
    throw usage(`lockstep ${command}: found ${found}, expected one of ${METERED.join(", ")}`);
  }
  return { name, config };
}

/** The configuration a command is given, by flag or variable, and what stands beside it. */
export function readConfigFlag(command: string, argv: readonly string[], { cwd, env }: StartSurroundings) {
  const options = { config: { type: "string" }, help: { type: "boolean" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
    const file = values.config ?? (env["LOCKSTEP_CONFIG"] || undefined);
    return {
      positionals,
      helpAsked: values.help === true,
      config: file === undefined ? undefined : resolve(cwd, file),
    };
  } catch (error) {
    const said = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw usage(`lockstep ${command}: ${said}`);
  }
}

export async function readDeployment(
  name: Deployed,
  config: string | undefined,
  surroundings: StartSurroundings,
): Promise<Deployment> {
  const section = config === undefined ? undefined : await readSection(config);
  const variables = {
    ...deploymentVariables(section, config, surroundings),
    ...metricsVariable(name, section, surroundings.env),
  };
  const env = checkedEnv(variables);
  return { name, variables, env, kafka: checkedKafka(env), retention: section?.retention };
}

/** What all processes are told alike. */
export function deploymentVariables(
  section: LockstepSection | undefined,
  config: string | undefined,
  { root, env }: StartSurroundings,
): Variables & { readonly LOCKSTEP_DATA: string } {
  const given = Object.entries(env).filter(([name, value]) => name.startsWith("LOCKSTEP_") && value);
  return {
    LOCKSTEP_DATA: join(root, "data"),
    ...sectionEnv(section),
    ...(Object.fromEntries(given) as Variables),
    ...(config === undefined ? {} : { LOCKSTEP_CONFIG: config }),
  };
}

/** The variable names the very port of this process, the key that of the collector. */
function metricsVariable(name: Deployed, section: LockstepSection | undefined, env: NodeJS.ProcessEnv): Variables {
  const port = metricsPortOf(name, section?.metricsPort ?? METRICS_PORTS.collector);
  return { LOCKSTEP_METRICS_PORT: env["LOCKSTEP_METRICS_PORT"] || String(port) };
}

function isDeployed(name: string): name is Deployed {
  return (METERED as readonly string[]).includes(name);
}

export function usage(message: string): StartError {
  return new StartError(message, { exitCode: USAGE_EXIT_CODE });
}
