/** `lockstep migrate`: the schema of ClickHouse and nothing else, for those who want it done before an upgrade. */
import { checkedEnv } from "../environment/checked-env.ts";
import { readSection } from "../start/config-file.ts";
import { migrateStore, shownUrl } from "../start/schema.ts";
import type { StartSurroundings } from "../start/start.ts";
import { deploymentVariables, readConfigFlag, usage } from "./deployment.ts";

const migrateHelp = `lockstep migrate: brings the schema of ClickHouse to this version, and its retention to the configuration's

  --config FILE   a prometheus.yml; its key lockstep: says where ClickHouse is   LOCKSTEP_CONFIG
`;

export async function migrate(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const { positionals, helpAsked, config } = readConfigFlag("migrate", argv, surroundings);
  if (helpAsked) {
    surroundings.print(migrateHelp);
    return 0;
  }
  if (positionals.length > 0) throw usage(`lockstep migrate: found ${positionals.join(" ")}, expected no argument`);
  const section = config === undefined ? undefined : await readSection(config);
  const env = checkedEnv(deploymentVariables(section, config, surroundings));
  const applied = await migrateStore(env, section?.retention, surroundings.print);
  const what = applied === 0 ? "is up to date" : `has ${applied} more migrations`;
  surroundings.print(
    `database ${env.LOCKSTEP_CLICKHOUSE_DATABASE} at ${shownUrl(env.LOCKSTEP_CLICKHOUSE_URL)} ${what}`,
  );
  return 0;
}
