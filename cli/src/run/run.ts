/** `lockstep run NAME`: this process becomes one process of a distributed deployment, in the foreground. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ProcessEnv } from "@lockstep/schemas/process/env";
import { lockData } from "../start/data-lock.ts";
import { checkToken, prepareDataFolder } from "../start/preflight.ts";
import { SCRIPTS, WEB_ENV, WEB_SCRIPT, webArgs } from "../start/processes.ts";
import { migrateStore, waitForSchema } from "../start/schema.ts";
import type { StartSurroundings } from "../start/start.ts";
import { type Deployment, readDeployment, readNamed, usage } from "./deployment.ts";

export const runHelp = `lockstep run NAME: one process of a distributed deployment, in the foreground

  collector   scrapes what the configuration names and sends it to Kafka
  ingest      brings the schema up to date, then moves blocks from Kafka into ClickHouse
  watch       asks ClickHouse on a schedule; of several, one leads
  web         pages and HTTP API

  --config FILE   a prometheus.yml; the others than collector read its key lockstep: alone   LOCKSTEP_CONFIG

Each LOCKSTEP_* variable wins over the key; docs/deploy.md names them.
`;

/** Does not resolve: the process that this one has become ends it. Throws StartError for what is refused before. */
export async function run(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const named = readNamed("run", argv, surroundings, runHelp);
  if (named === undefined) return 0;
  const deployment = await readDeployment(named.name, named.config, surroundings);
  checkToken(deployment.env.LOCKSTEP_HOST, deployment.env.LOCKSTEP_TOKEN_FILE);
  await untilEnded(() => prepare(deployment, surroundings));
  become(deployment, surroundings.root);
  return new Promise(() => undefined);
}

async function prepare({ name, env, retention, kafka }: Deployment, { print }: StartSurroundings): Promise<void> {
  if (name === "collector") {
    if (env.LOCKSTEP_CONFIG === undefined)
      throw usage("lockstep run collector: name its prometheus.yml with --config FILE");
    prepareDataFolder(env.LOCKSTEP_DATA);
    // Held until the process ends: two collectors on one spool would both believe they go on where it stopped.
    await lockData(env.LOCKSTEP_DATA);
  }
  if (name === "ingest") {
    const applied = await migrateStore(env, retention, print);
    if (applied > 0) print(`schema: ${applied} migrations applied`);
  }
  if (name === "watch" || name === "web") await waitForSchema(env, print);
  if (kafka === undefined && name === "ingest")
    print(`no Kafka is configured: the log is the spool in ${env.LOCKSTEP_DATA}`);
}

/** As process 1 of a container nothing ends this one but a handler of its own. */
async function untilEnded(work: () => Promise<void>): Promise<void> {
  const end = () => process.exit(0);
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) process.on(signal, end);
  await work();
  for (const signal of signals) process.off(signal, end);
}

function become({ name, variables, env }: Deployment, root: string): void {
  Object.assign(process.env, variables);
  // The plain JavaScript that started this may be killed without a signal it could pass on.
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  if (name === "web") becomeWeb(env, root);
  else load(join(root, SCRIPTS[name]));
}

function becomeWeb(env: ProcessEnv, root: string): void {
  Object.assign(process.env, WEB_ENV);
  const script = join(root, WEB_SCRIPT);
  process.argv = [process.execPath, script, ...webArgs(env.LOCKSTEP_HOST, env.LOCKSTEP_PORT)];
  process.chdir(join(root, "web"));
  load(script);
}

/** The script runs as if Node had been started with it; an error while it loads ends the process, as it would there. */
function load(script: string): void {
  void import(pathToFileURL(script).href);
}
