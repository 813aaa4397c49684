/** What is known of the Kafka cluster that is the log, as the environment tells it. */
import type { ProcessEnv } from "@lockstep/schemas/process/env";

export type KafkaSettings = {
  /** host:port of some of them; the others are found through these. */
  readonly brokers: readonly string[];
  /** Topics are called `<prefix>.<table>`. */
  readonly topicPrefix: string;
  readonly compression: "none" | "gzip" | "zstd";
  /** Of the topics `samples` and `series`; the others have one. */
  readonly partitions: number;
  /** Of topics that are created; undefined: the brokers' default. */
  readonly replication?: number;
  /** Of topics that are created. */
  readonly retentionMs: number;
  readonly ssl?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly serverName?: string;
  };
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly passwordFile: string;
  };
};

/** Undefined where no broker is named: then the spool is the log. Throws an Error that names the variable at fault. */
export function kafkaSettingsFromEnv(env: ProcessEnv): KafkaSettings | undefined {
  const brokers = (env.LOCKSTEP_KAFKA_BROKERS ?? "")
    .split(",")
    .map((broker) => broker.trim())
    .filter((broker) => broker !== "");
  if (brokers.length === 0) return undefined;
  const replication = env.LOCKSTEP_KAFKA_REPLICATION;
  const ssl = sslFromEnv(env);
  const sasl = saslFromEnv(env);
  return {
    brokers,
    topicPrefix: env.LOCKSTEP_KAFKA_TOPIC_PREFIX,
    compression: env.LOCKSTEP_KAFKA_COMPRESSION,
    partitions: env.LOCKSTEP_KAFKA_PARTITIONS,
    retentionMs: env.LOCKSTEP_KAFKA_RETENTION_MS,
    ...(replication !== undefined && { replication }),
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
  };
}

function sslFromEnv(env: ProcessEnv): KafkaSettings["ssl"] {
  if (env.LOCKSTEP_KAFKA_SSL === "0") return undefined;
  const caFile = env.LOCKSTEP_KAFKA_SSL_CA_FILE;
  const certFile = env.LOCKSTEP_KAFKA_SSL_CERT_FILE;
  const keyFile = env.LOCKSTEP_KAFKA_SSL_KEY_FILE;
  const serverName = env.LOCKSTEP_KAFKA_SSL_SERVER_NAME;
  return {
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(serverName !== undefined && { serverName }),
  };
}

function saslFromEnv(env: ProcessEnv): KafkaSettings["sasl"] {
  const mechanism = env.LOCKSTEP_KAFKA_SASL_MECHANISM;
  if (mechanism === undefined) return undefined;
  const username = env.LOCKSTEP_KAFKA_SASL_USERNAME;
  const passwordFile = env.LOCKSTEP_KAFKA_SASL_PASSWORD_FILE;
  if (username === undefined) throw new Error("LOCKSTEP_KAFKA_SASL_USERNAME is missing: the mechanism needs one");
  if (passwordFile === undefined)
    throw new Error("LOCKSTEP_KAFKA_SASL_PASSWORD_FILE is missing: name a file that holds the password");
  return { mechanism, username, passwordFile };
}
