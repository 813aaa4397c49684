/** What the `lockstep:` key of a configuration says, as the variables that the processes read. */
import type { KafkaSection, LockstepSection } from "@lockstep/config/config";
import { METRICS_PORTS } from "@lockstep/schemas/process/self-metrics";

export type Variables = Readonly<Record<string, string>>;

/** Processes that serve metrics, in the order of their ports. */
export type Metered = keyof typeof METRICS_PORTS;
export const METERED = Object.keys(METRICS_PORTS) as Metered[];

/** Everything but the metrics port, which differs from process to process. A key that is absent sets nothing. */
export function sectionEnv(section: LockstepSection | undefined): Variables {
  if (section === undefined) return {};
  return defined({
    LOCKSTEP_DATA: section.data,
    LOCKSTEP_HOST: section.host,
    LOCKSTEP_PORT: section.port,
    LOCKSTEP_RECEIVE_PORT: section.receivePort,
    LOCKSTEP_TOKEN_FILE: section.tokenFile,
    LOCKSTEP_CLICKHOUSE_URL: section.clickhouse?.url,
    LOCKSTEP_CLICKHOUSE_USER: section.clickhouse?.user,
    LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: section.clickhouse?.passwordFile,
    LOCKSTEP_CLICKHOUSE_DATABASE: section.clickhouse?.database,
    ...deploymentEnv(section),
  });
}

/** Which log, and which part of the work: what `lockstep start` passes on as it is. */
export function deploymentEnv(section: LockstepSection | undefined): Variables {
  const { shard, instance, kafka } = section ?? {};
  return defined({
    LOCKSTEP_INSTANCE: instance,
    LOCKSTEP_SHARD: shard === undefined ? undefined : `${shard.index}/${shard.of}`,
    ...kafkaEnv(kafka),
  });
}

export function isDeploymentVariable(name: string): boolean {
  return name.startsWith("LOCKSTEP_KAFKA_") || name === "LOCKSTEP_SHARD" || name === "LOCKSTEP_INSTANCE";
}

function kafkaEnv(kafka: KafkaSection | undefined): Readonly<Record<string, string | number | undefined>> {
  if (kafka === undefined) return {};
  const { ssl, sasl } = kafka;
  return {
    LOCKSTEP_KAFKA_BROKERS: kafka.brokers.join(","),
    LOCKSTEP_KAFKA_TOPIC_PREFIX: kafka.topicPrefix,
    LOCKSTEP_KAFKA_COMPRESSION: kafka.compression,
    LOCKSTEP_KAFKA_PARTITIONS: kafka.partitions,
    LOCKSTEP_KAFKA_REPLICATION: kafka.replication,
    LOCKSTEP_KAFKA_RETENTION_MS: kafka.retentionMs,
    LOCKSTEP_KAFKA_SSL: ssl === undefined ? undefined : "1",
    LOCKSTEP_KAFKA_SSL_CA_FILE: ssl?.caFile,
    LOCKSTEP_KAFKA_SSL_CERT_FILE: ssl?.certFile,
    LOCKSTEP_KAFKA_SSL_KEY_FILE: ssl?.keyFile,
    LOCKSTEP_KAFKA_SSL_SERVER_NAME: ssl?.serverName,
    LOCKSTEP_KAFKA_SASL_MECHANISM: sasl?.mechanism,
    LOCKSTEP_KAFKA_SASL_USERNAME: sasl?.username,
    LOCKSTEP_KAFKA_SASL_PASSWORD_FILE: sasl?.passwordFile,
  };
}

/** Where a process serves its metrics when the collector does at `base`; 0 for all when that is 0. */
export function metricsPortOf(name: Metered, base: number): number {
  return base === 0 ? 0 : base + METRICS_PORTS[name] - METRICS_PORTS.collector;
}

function defined(variables: Readonly<Record<string, string | number | undefined>>): Variables {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}
