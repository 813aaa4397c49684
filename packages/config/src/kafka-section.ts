/** `lockstep: {kafka: ...}`: paths joined to the file's folder, and the checks that take more than one key. */
import type { PrometheusYml } from "@lockstep/schemas/files/prometheus-yml";
import type { KafkaSection } from "./config.ts";
import { joinDirectory } from "./http-client.ts";
import { present, type Report } from "./report.ts";
import { duration } from "./scrape-config.ts";

type RawKafka = NonNullable<NonNullable<PrometheusYml["lockstep"]>["kafka"]>;

const PATH = "lockstep.kafka";
/** Brokers look for what is too old every five minutes; less than one minute is a mistake of units. */
const LEAST_RETENTION_MS = 60_000;

/** Undefined where the key is absent, and where it is wrong beyond use (and reported). */
export function resolveKafka(raw: RawKafka | undefined, directory: string, report: Report): KafkaSection | undefined {
  if (raw === undefined) return undefined;
  const brokers = present(raw.brokers).map(([, address]) => address);
  if ((raw.brokers ?? []).length === 0 && !report.failed(`${PATH}.brokers`)) {
    const message = "no broker is named, so there is no Kafka to use";
    report.error(raw.brokers === undefined ? PATH : `${PATH}.brokers`, message, {
      expected: "brokers: [host:port, ...]",
    });
  }
  const retentionMs = duration(raw.retention, `${PATH}.retention`, report);
  if (retentionMs !== undefined && retentionMs < LEAST_RETENTION_MS) {
    report.error(`${PATH}.retention`, "a log this short loses what ingest has not read yet", {
      expected: "at least 1m, better some days: 3d",
    });
  }
  const ssl = resolveSsl(raw.ssl, directory, report);
  const sasl = resolveSasl(raw.sasl, directory, report);
  if (sasl?.mechanism === "plain" && ssl === undefined) {
    report.warn(`${PATH}.sasl.mechanism`, "plain without ssl sends the password readable over the network");
  }
  return {
    brokers,
    ...(raw.topic_prefix !== undefined && { topicPrefix: raw.topic_prefix }),
    ...(raw.compression !== undefined && { compression: raw.compression }),
    ...(raw.partitions !== undefined && { partitions: raw.partitions }),
    ...(raw.replication !== undefined && { replication: raw.replication }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
  };
}

function resolveSsl(raw: RawKafka["ssl"], directory: string, report: Report): KafkaSection["ssl"] {
  if (raw === undefined || raw === false) return undefined;
  if (raw === true) return {};
  if ((raw.cert_file === undefined) !== (raw.key_file === undefined)) {
    const expected = raw.cert_file === undefined ? "cert_file" : "key_file";
    report.error(`${PATH}.ssl`, "a client certificate without its other half", { expected });
  }
  const joined = (path: string) => joinDirectory(directory, path);
  return {
    ...(raw.ca_file !== undefined && { caFile: joined(raw.ca_file) }),
    ...(raw.cert_file !== undefined && { certFile: joined(raw.cert_file) }),
    ...(raw.key_file !== undefined && { keyFile: joined(raw.key_file) }),
    ...(raw.server_name !== undefined && { serverName: raw.server_name }),
  };
}

function resolveSasl(raw: RawKafka["sasl"], directory: string, report: Report): KafkaSection["sasl"] {
  if (raw === undefined) return undefined;
  const path = `${PATH}.sasl`;
  if (raw.password !== undefined) {
    report.error(`${path}.password`, "a password does not belong in this file", {
      expected: "password_file: FILE, a file that holds it",
    });
  }
  const { mechanism, username, password_file } = raw;
  const missing = Object.entries({ mechanism, username, password_file })
    .filter(([key, value]) => value === undefined && !report.failed(`${path}.${key}`))
    .map(([key]) => key)
    .filter((key) => key !== "password_file" || raw.password === undefined);
  for (const key of missing) report.error(path, `sasl without ${key}`, { expected: HINTS[key]! });
  if (mechanism === undefined || username === undefined || password_file === undefined) return undefined;
  return { mechanism, username, passwordFile: joinDirectory(directory, password_file) };
}

const HINTS: Readonly<Record<string, string>> = {
  mechanism: "mechanism: plain, scram-sha-256 or scram-sha-512",
  username: "username: NAME",
  password_file: "password_file: FILE, a file that holds the password",
};
