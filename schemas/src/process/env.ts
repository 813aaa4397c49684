/**
 * How a process is told where things are. `lockstep start` sets these; a distributed deployment sets them by hand.
 * Each process reads only what it needs.
 */
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65535);

export const processEnv = z.object({
  /** Folder of everything Lockstep writes: clickhouse/, spool/, logs/, secrets/, run/. */
  LOCKSTEP_DATA: z.string().min(1),
  /** A prometheus.yml. Absent only for processes that do not read it. */
  LOCKSTEP_CONFIG: z.string().optional(),
  /** "1" while the simulated cluster feeds this system: every page says so. */
  LOCKSTEP_DEMO: z.enum(["0", "1"]).default("0"),
  /** Random per `lockstep start`; marks heartbeats of this start. */
  LOCKSTEP_RUN: z.string().default("manual"),
  LOCKSTEP_HOST: z.string().default("127.0.0.1"),
  LOCKSTEP_PORT: port.default(3000),
  LOCKSTEP_RECEIVE_PORT: port.default(4318),
  /** Where the simulated exporters listen. */
  LOCKSTEP_DEMO_PORT: port.default(9400),
  LOCKSTEP_CLICKHOUSE_URL: z.string().default("http://127.0.0.1:8123"),
  LOCKSTEP_CLICKHOUSE_USER: z.string().default("lockstep"),
  LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: z.string().optional(),
  LOCKSTEP_CLICKHOUSE_DATABASE: z.string().default("lockstep"),
  /** Bearer token required of every request when a listener is not on loopback. */
  LOCKSTEP_TOKEN_FILE: z.string().optional(),
  /** Tells processes of one kind apart in heartbeats, groups and labels; default: the host's name. */
  LOCKSTEP_INSTANCE: z.string().min(1).optional(),
  /** "2/3": the second of three collectors that share the targets of one configuration. */
  LOCKSTEP_SHARD: z.stringFormat("shard", /^[1-9]\d*\/[1-9]\d*$/).optional(),
  /** Where this process serves its own metrics, on LOCKSTEP_HOST; 0: nowhere. */
  LOCKSTEP_METRICS_PORT: port.default(0),
  /** "collector=127.0.0.1:9464,ingest=127.0.0.1:9465": what the collector scrapes as job `lockstep` besides its configuration. */
  LOCKSTEP_SELF_TARGETS: z.string().default(""),
  /** "host:port,host:port"; absent: the spool on disk is the log. */
  LOCKSTEP_KAFKA_BROKERS: z.string().min(1).optional(),
  LOCKSTEP_KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,200}$/)
    .default("lockstep"),
  LOCKSTEP_KAFKA_COMPRESSION: z.enum(["none", "gzip", "zstd"]).default("zstd"),
  /** Of topics `samples` and `series`; the other topics have one. */
  LOCKSTEP_KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1024).default(4),
  /** Of topics that are created; absent: the brokers' default. */
  LOCKSTEP_KAFKA_REPLICATION: z.coerce.number().int().min(1).max(32).optional(),
  /** Of topics that are created. */
  LOCKSTEP_KAFKA_RETENTION_MS: z.coerce.number().int().min(60_000).default(259_200_000),
  LOCKSTEP_KAFKA_SSL: z.enum(["0", "1"]).default("0"),
  LOCKSTEP_KAFKA_SSL_CA_FILE: z.string().optional(),
  LOCKSTEP_KAFKA_SSL_CERT_FILE: z.string().optional(),
  LOCKSTEP_KAFKA_SSL_KEY_FILE: z.string().optional(),
  LOCKSTEP_KAFKA_SSL_SERVER_NAME: z.string().optional(),
  LOCKSTEP_KAFKA_SASL_MECHANISM: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).optional(),
  LOCKSTEP_KAFKA_SASL_USERNAME: z.string().optional(),
  LOCKSTEP_KAFKA_SASL_PASSWORD_FILE: z.string().optional(),
  /** Of one GPU for an hour, in dollars; without it what is lost is told in GPU-hours only. */
  LOCKSTEP_GPU_HOUR_PRICE: z.coerce.number().positive().optional(),
  LOCKSTEP_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type ProcessEnv = z.infer<typeof processEnv>;
