/**
 * The shape of a prometheus.yml as Prometheus 2.4x to 3.x reads it, and of our own section `lockstep:`. Every key is
 * optional here, as in Go's structs; what must be there is said by @lockstep/config, which also knows the defaults.
 */
import { z } from "zod";
import { OBSERVED_KINDS } from "../domain/observed.ts";

/** `ignored`: Prometheus knows the key, Lockstep does not act on it. `secret`: its value must not show in a message. */
export type KeyNote = { readonly ignored?: true; readonly quiet?: true; readonly secret?: true };
export const keyNotes = z.registry<KeyNote>();

const ignored = (schema: z.ZodType = z.unknown()) => schema.register(keyNotes, { ignored: true });
const ignoredList = () => ignored(z.array(z.unknown()));
/** Without effect on what is scraped, so not worth a warning. */
const withoutEffect = (schema: z.ZodType) => schema.register(keyNotes, { ignored: true, quiet: true });
const secret = () => z.string().register(keyNotes, { secret: true });

/** Years to milliseconds, each unit once and in this order. "" matches too; a reader refuses it. */
export const DURATION_PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$|^0$/;
/** Binary units, with or without the i: 1KB is 1KiB. */
export const SIZE_PATTERN = /^0$|^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i?)?B)+$/;

const BROKER_PATTERN = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?:(\d{1,5})$/;
/** host:port of a broker. A bare IPv6 address has colons of its own; such a host is given by its name. */
export const brokerAddress = z.stringFormat("broker", (text) => {
  const port = Number(BROKER_PATTERN.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
});
/** "2/3": the second of three. */
export const SHARD_PATTERN = /^(\d{1,4})\/(\d{1,4})$/;
/** Of Kafka's topics; 200 leave room for a table's name. */
export const TOPIC_PREFIX_PATTERN = /^[a-zA-Z0-9._-]{1,200}$/;

const duration = () => z.stringFormat("duration", (text) => text !== "" && DURATION_PATTERN.test(text));
const size = () => z.stringFormat("size", SIZE_PATTERN);
const count = () => z.int().min(0);
const shard = () =>
  z.stringFormat("shard", (text) => {
    const [, index, of] = SHARD_PATTERN.exec(text) ?? [];
    return Number(index) >= 1 && Number(index) <= Number(of);
  });
const port = () => z.int().min(0).max(65535);
const strings = () => z.array(z.string());
const nameScheme = () => z.enum(["legacy", "utf8"]);

export const labelsSchema = z.map(z.string(), z.string());

export const targetGroup = z.strictObject({ targets: strings(), labels: labelsSchema }).partial();

/** A file of file_sd_configs. */
export const targetGroupsFile = z.array(targetGroup);

export const RELABEL_ACTIONS = [
  "replace",
  "keep",
  "drop",
  "keepequal",
  "dropequal",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
] as const;

export const relabelConfig = z
  .strictObject({
    source_labels: strings(),
    separator: z.string(),
    regex: z.string(),
    modulus: count(),
    target_label: z.string(),
    replacement: z.string(),
    action: z.string().toLowerCase().pipe(z.enum(RELABEL_ACTIONS)),
  })
  .partial();

const basicAuth = z
  .strictObject({
    username: z.string(),
    username_file: z.string(),
    username_ref: ignored(z.string()),
    password: secret(),
    password_file: z.string(),
    password_ref: ignored(z.string()),
  })
  .partial()
  .register(keyNotes, { secret: true });

const authorization = z
  .strictObject({
    type: z.string(),
    credentials: secret(),
    credentials_file: z.string(),
    credentials_ref: ignored(z.string()),
  })
  .partial()
  .register(keyNotes, { secret: true });

const tlsVersion = () => z.enum(["TLS10", "TLS11", "TLS12", "TLS13"]);

const tlsConfig = z
  .strictObject({
    ca: z.string(),
    ca_file: z.string(),
    ca_ref: ignored(z.string()),
    cert: z.string(),
    cert_file: z.string(),
    cert_ref: ignored(z.string()),
    key: secret(),
    key_file: z.string(),
    key_ref: ignored(z.string()),
    server_name: z.string(),
    insecure_skip_verify: z.boolean(),
    min_version: tlsVersion(),
    max_version: tlsVersion(),
  })
  .partial();

const httpHeader = z
  .strictObject({ values: strings(), secrets: strings(), files: strings() })
  .partial()
  .register(keyNotes, { secret: true });

const fileSdConfig = z.strictObject({ files: strings(), refresh_interval: duration() }).partial();

const limits = {
  body_size_limit: size(),
  sample_limit: count(),
  label_limit: count(),
  label_name_length_limit: count(),
  label_value_length_limit: count(),
  target_limit: ignored(count()),
  keep_dropped_targets: ignored(count()),
};

const exposition = {
  scrape_protocols: ignored(strings()),
  scrape_native_histograms: ignored(z.boolean()),
  always_scrape_classic_histograms: ignored(z.boolean()),
  convert_classic_histograms_to_nhcb: ignored(z.boolean()),
  extra_scrape_metrics: ignored(z.boolean()),
  scrape_failure_log_file: ignored(z.string()),
  metric_name_validation_scheme: nameScheme(),
  metric_name_escaping_scheme: ignored(z.string()),
};

const httpClient = {
  basic_auth: basicAuth,
  authorization,
  bearer_token: secret(),
  bearer_token_file: z.string(),
  tls_config: tlsConfig,
  http_headers: z.map(z.string(), httpHeader).register(keyNotes, { secret: true }),
  follow_redirects: z.boolean(),
  enable_http2: withoutEffect(z.boolean()),
  oauth2: ignored(),
  proxy_url: z.string().register(keyNotes, { ignored: true, secret: true }),
  no_proxy: ignored(z.string()),
  proxy_from_environment: ignored(z.boolean()),
  proxy_connect_header: ignored(),
};

/** Service discoveries of Prometheus that Lockstep does not have. */
const otherDiscovery = {
  aws_sd_configs: ignoredList(),
  azure_sd_configs: ignoredList(),
  consul_sd_configs: ignoredList(),
  digitalocean_sd_configs: ignoredList(),
  dns_sd_configs: ignoredList(),
  docker_sd_configs: ignoredList(),
  dockerswarm_sd_configs: ignoredList(),
  ec2_sd_configs: ignoredList(),
  ecs_sd_configs: ignoredList(),
  elasticache_sd_configs: ignoredList(),
  eureka_sd_configs: ignoredList(),
  gce_sd_configs: ignoredList(),
  hetzner_sd_configs: ignoredList(),
  http_sd_configs: ignoredList(),
  ionos_sd_configs: ignoredList(),
  kubernetes_sd_configs: ignoredList(),
  kuma_sd_configs: ignoredList(),
  lightsail_sd_configs: ignoredList(),
  linode_sd_configs: ignoredList(),
  marathon_sd_configs: ignoredList(),
  msk_sd_configs: ignoredList(),
  nerve_sd_configs: ignoredList(),
  nomad_sd_configs: ignoredList(),
  openstack_sd_configs: ignoredList(),
  outscale_sd_configs: ignoredList(),
  ovhcloud_sd_configs: ignoredList(),
  puppetdb_sd_configs: ignoredList(),
  rds_sd_configs: ignoredList(),
  scaleway_sd_configs: ignoredList(),
  serverset_sd_configs: ignoredList(),
  stackit_sd_configs: ignoredList(),
  triton_sd_configs: ignoredList(),
  uyuni_sd_configs: ignoredList(),
  vultr_sd_configs: ignoredList(),
};

export const scrapeConfigSchema = z
  .strictObject({
    job_name: z.string(),
    scrape_interval: duration(),
    scrape_timeout: duration(),
    metrics_path: z.string(),
    scheme: z
      .string()
      .toLowerCase()
      .pipe(z.enum(["http", "https"])),
    params: z.map(z.string(), strings()),
    honor_labels: z.boolean(),
    honor_timestamps: z.boolean(),
    track_timestamps_staleness: ignored(z.boolean()),
    enable_compression: z.boolean(),
    static_configs: z.array(targetGroup),
    file_sd_configs: z.array(fileSdConfig),
    relabel_configs: z.array(relabelConfig),
    metric_relabel_configs: z.array(relabelConfig),
    scrape_fallback_protocol: ignored(z.string()),
    scrape_classic_histograms: ignored(z.boolean()),
    native_histogram_bucket_limit: ignored(count()),
    native_histogram_min_bucket_factor: ignored(),
    ...limits,
    ...exposition,
    ...httpClient,
    ...otherDiscovery,
  })
  .partial();

const globalSchema = z
  .strictObject({
    scrape_interval: duration(),
    scrape_timeout: duration(),
    evaluation_interval: ignored(duration()),
    rule_query_offset: ignored(duration()),
    query_log_file: ignored(z.string()),
    external_labels: z.map(z.string(), z.string()).register(keyNotes, { ignored: true }),
    ...limits,
    ...exposition,
  })
  .partial();

const kafkaSchema = z
  .strictObject({
    brokers: z.array(brokerAddress),
    topic_prefix: z.stringFormat("topic prefix", TOPIC_PREFIX_PATTERN),
    compression: z.enum(["none", "gzip", "zstd"]),
    partitions: z.int().min(1).max(1024),
    replication: z.int().min(1).max(32),
    retention: duration(),
    ssl: z.union([
      z.boolean(),
      z
        .strictObject({
          ca_file: z.string().min(1),
          cert_file: z.string().min(1),
          key_file: z.string().min(1),
          server_name: z.string().min(1),
        })
        .partial(),
    ]),
    sasl: z
      .strictObject({
        mechanism: z
          .string()
          .toLowerCase()
          .pipe(z.enum(["plain", "scram-sha-256", "scram-sha-512"])),
        username: z.string().min(1),
        password_file: z.string().min(1),
        /** Known only to be refused with a word on what to write instead. */
        password: secret(),
      })
      .partial(),
  })
  .partial();

/** What the files of a trace hold. Each item of `traces` names its files under one of them. */
export const TRACE_KINDS = ["inspector", "lines", "inspector_prom", "flight_recorder", "kernel_log"] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** Files, or a folder with a slash behind it; `*`, `?` and `[a-z]` may stand anywhere in a path. */
const traceSchema = z
  .strictObject({
    inspector: z.string().min(1),
    lines: z.string().min(1),
    inspector_prom: z.string().min(1),
    flight_recorder: z.string().min(1),
    kernel_log: z.string().min(1),
    job: z.string().min(1),
  } satisfies Record<TraceKind | "job", z.ZodType>)
  .partial();

export const MODEL_PRESETS = ["vllm", "triton", "tgi", "sglang", "kserve"] as const;
export type ModelPresetName = (typeof MODEL_PRESETS)[number];

/** A score from 0 to 1, both left out: 0.5. */
const score = () => z.stringFormat("score", (text) => Number(text) > 0 && Number(text) < 1);

/** Which histograms are of which model, and how it is judged. */
const modelSchema = z
  .strictObject({
    model: z.string().min(1),
    preset: z.enum(MODEL_PRESETS),
    match: labelsSchema,
    version_label: z.string().min(1),
    replica_label: z.string().min(1),
    histograms: z.array(
      z
        .strictObject({
          metric: z.string().min(1),
          feature: z.string().min(1),
          kind: z.enum(OBSERVED_KINDS),
          match: labelsSchema,
        })
        .partial(),
    ),
    window: duration(),
    decision: score(),
    baseline: z
      .strictObject({ training: z.boolean(), season: z.boolean(), version: z.boolean(), replicas: z.boolean() })
      .partial(),
  })
  .partial();

const lockstepSchema = z
  .strictObject({
    host: z.string().min(1),
    port: port(),
    receive_port: port(),
    token_file: z.string().min(1),
    data: z.string().min(1),
    strict: z.boolean(),
    retention: z.strictObject({ raw: duration(), "5m": duration(), "1h": duration() }).partial(),
    spool: z.strictObject({ max_size: size(), max_age: duration() }).partial(),
    kafka: kafkaSchema,
    traces: z.array(traceSchema),
    models: z.array(modelSchema),
    topology_file: z.string().min(1),
    mapping_file: z.string().min(1),
    shard: shard(),
    instance: z.string().min(1),
    /** The first of four in a row. */
    metrics_port: z.int().min(0).max(65532),
    clickhouse: z
      .strictObject({
        url: z.url().register(keyNotes, { secret: true }),
        user: z.string().min(1),
        password_file: z.string().min(1),
        database: z.string().min(1),
      })
      .partial(),
  })
  .partial();

/** A file named by `scrape_config_files`. */
export const scrapeConfigsFile = z.strictObject({ scrape_configs: z.array(scrapeConfigSchema) }).partial();

export const prometheusYml = z
  .strictObject({
    global: globalSchema,
    scrape_configs: z.array(scrapeConfigSchema),
    scrape_config_files: strings(),
    lockstep: lockstepSchema,
    rule_files: ignored(strings()),
    alerting: ignored(),
    remote_write: ignoredList(),
    remote_read: ignoredList(),
    storage: ignored(),
    tracing: ignored(),
    runtime: ignored(),
    otlp: ignored(),
  })
  .partial();

export type PrometheusYml = z.infer<typeof prometheusYml>;
export type RawScrapeConfig = z.infer<typeof scrapeConfigSchema>;
export type RawRelabelConfig = z.infer<typeof relabelConfig>;
export type RawTargetGroup = z.infer<typeof targetGroup>;
export type RelabelAction = (typeof RELABEL_ACTIONS)[number];
