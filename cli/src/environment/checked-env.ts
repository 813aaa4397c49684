/** Variables as the processes will read them, refused here with the name of the one at fault. */
import { accessSync, constants } from "node:fs";
import { type KafkaSettings, kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import { EXIT_CONFIGURATION } from "@lockstep/process/exit-code";
import { brokerAddress } from "@lockstep/schemas/files/prometheus-yml";
import { type ProcessEnv, processEnv } from "@lockstep/schemas/process/env";
import { StartError } from "../start/start-error.ts";

/** Throws StartError: `LOCKSTEP_SHARD: found "0/3": ...`. */
export function checkedEnv(variables: Readonly<Record<string, string | undefined>>): ProcessEnv {
  const parsed = processEnv.safeParse(variables);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => {
    const name = path.join(".");
    const value = variables[name];
    return value === undefined ? `${name}: ${message}` : `${name}: found ${JSON.stringify(value)}: ${message}`;
  });
  throw new StartError(lines.join("\n"), { exitCode: EXIT_CONFIGURATION });
}

/** Undefined where the spool is the log. Throws StartError for half a setting, or a file that cannot be read. */
export function checkedKafka(env: ProcessEnv): KafkaSettings | undefined {
  let settings: KafkaSettings | undefined;
  try {
    settings = kafkaSettingsFromEnv(env);
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), { exitCode: EXIT_CONFIGURATION });
  }
  for (const address of settings?.brokers ?? []) {
    if (brokerAddress.safeParse(address).success) continue;
    throw new StartError(
      `Kafka brokers (--kafka-brokers, LOCKSTEP_KAFKA_BROKERS): found ${JSON.stringify(address)}, expected host:port, such as kafka-1:9092`,
      { exitCode: EXIT_CONFIGURATION },
    );
  }
  const { ssl, sasl } = settings ?? {};
  const files = {
    ca_file: ssl?.caFile,
    cert_file: ssl?.certFile,
    key_file: ssl?.keyFile,
    password_file: sasl?.passwordFile,
  };
  for (const [key, file] of Object.entries(files)) if (file !== undefined) checkReadable(key, file);
  return settings;
}

function checkReadable(key: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`the ${key} for Kafka cannot be read: ${why}`, { exitCode: EXIT_CONFIGURATION, cause: error });
  }
}
