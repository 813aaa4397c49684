/** `lockstep health NAME`: whether a process on this host answers, for orchestrators; needs no other program. */
import type { ProcessEnv } from "@lockstep/schemas/process/env";
import { answersOk } from "../start/http-probe.ts";
import type { StartSurroundings } from "../start/start.ts";
import { type Deployed, readDeployment, readNamed, usage } from "./deployment.ts";

const healthHelp = `lockstep health NAME: exits with 0 when that process of this host answers, with 1 when not

  NAME            collector, ingest, watch or web
  --config FILE   as given to \`lockstep run NAME\`, where that says on which ports   LOCKSTEP_CONFIG
`;

export async function health(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const named = readNamed("health", argv, surroundings, healthHelp);
  if (named === undefined) return 0;
  const { env } = await readDeployment(named.name, named.config, surroundings);
  const { port, path } = placeOf(named.name, env);
  if (port === 0) throw usage(`lockstep health: ${named.name} serves nothing to ask it for: its metrics port is 0`);
  const answer = await answersOk({ host: env.LOCKSTEP_HOST, port, tokenFile: env.LOCKSTEP_TOKEN_FILE }, path);
  surroundings.print(`${named.name} ${answer.ok ? "is healthy" : `is not healthy: ${answer.said}`}`);
  return answer.ok ? 0 : 1;
}

/** Ingest and watch have no listener but that of their metrics. */
function placeOf(name: Deployed, env: ProcessEnv): { port: number; path: string } {
  if (name === "web") return { port: env.LOCKSTEP_PORT, path: "/-/healthy" };
  if (name === "collector") return { port: env.LOCKSTEP_RECEIVE_PORT, path: "/-/healthy" };
  return { port: env.LOCKSTEP_METRICS_PORT, path: "/metrics" };
}
