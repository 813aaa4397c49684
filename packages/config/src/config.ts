/** What a prometheus.yml says, complete: every default is resolved, every path joined to the file's folder. */
import type { DriftBaseline } from "@lockstep/schemas/domain/drift-finding";
import type { Labels } from "@lockstep/schemas/domain/labels";
import type { ObservedKind } from "@lockstep/schemas/domain/observed";
import type { RelabelAction, TraceKind } from "@lockstep/schemas/files/prometheus-yml";

/** Which label names are valid: `[a-zA-Z_][a-zA-Z0-9_]*`, or any text (Prometheus 3). */
export type NameScheme = "legacy" | "utf8";

export type RelabelConfig = {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** RE2; matched against the whole value. */
  readonly regex: string;
  readonly targetLabel: string;
  readonly replacement: string;
  readonly modulus: number;
  readonly nameScheme: NameScheme;
};

export type TargetGroup = {
  readonly targets: readonly string[];
  readonly labels: Labels;
  /** Where the group stands, for messages and for telling groups apart. */
  readonly source: string;
};

export type FileSdConfig = { readonly files: readonly string[]; readonly refreshIntervalMs: number };

/** Either the value or the file that holds it, never both. Files are read when the credential is used. */
export type BasicAuth = {
  readonly username?: string;
  readonly usernameFile?: string;
  readonly password?: string;
  readonly passwordFile?: string;
};

/** Sent as `Authorization: <type> <credentials>`. */
export type Authorization = {
  readonly type: string;
  readonly credentials?: string;
  readonly credentialsFile?: string;
};

export type TlsVersion = "TLS10" | "TLS11" | "TLS12" | "TLS13";

export type TlsConfig = {
  readonly ca?: string;
  readonly caFile?: string;
  readonly cert?: string;
  readonly certFile?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
};

/** The values of one extra request header: given, secret, or each the content of a file. */
export type HttpHeader = {
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  readonly files: readonly string[];
};

/** Absent means without a limit. */
export type ScrapeLimits = {
  readonly bodySizeBytes?: number;
  readonly samples?: number;
  readonly labels?: number;
  readonly labelNameLength?: number;
  readonly labelValueLength?: number;
};

export type ScrapeConfig = {
  /** Unique; also the name of the scrape pool. */
  readonly jobName: string;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly metricsPath: string;
  readonly scheme: "http" | "https";
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly enableCompression: boolean;
  readonly followRedirects: boolean;
  readonly limits: ScrapeLimits;
  readonly nameScheme: NameScheme;
  readonly basicAuth?: BasicAuth;
  readonly authorization?: Authorization;
  readonly tls?: TlsConfig;
  readonly httpHeaders: ReadonlyMap<string, HttpHeader>;
  readonly staticConfigs: readonly TargetGroup[];
  readonly fileSdConfigs: readonly FileSdConfig[];
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly metricRelabelConfigs: readonly RelabelConfig[];
};

/** What is absent is left to the default in schemas/src/process/env.ts. */
export type KafkaSection = {
  /** host:port, at least one. */
  readonly brokers: readonly string[];
  readonly topicPrefix?: string;
  readonly compression?: "none" | "gzip" | "zstd";
  readonly partitions?: number;
  readonly replication?: number;
  readonly retentionMs?: number;
  /** Present: TLS. */
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

export type LockstepSection = {
  readonly host?: string;
  readonly port?: number;
  readonly receivePort?: number;
  readonly tokenFile?: string;
  readonly data?: string;
  /** A page with a bad line is dropped whole, as Prometheus does it. */
  readonly strict: boolean;
  readonly retention: { readonly rawMs: number; readonly fiveMinutesMs: number; readonly oneHourMs: number };
  readonly spool: {
    readonly maxBytes: number;
    /** Blocks that the log has not taken for longer than this are dropped. */
    readonly maxAgeMs: number;
  };
  /** Absent: the spool on disk is the log. */
  readonly kafka?: KafkaSection;
  /** Which part of the targets this collector takes. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** Tells processes of one kind apart. */
  readonly instance?: string;
  /** The collector's; ingest, watch and web have the three after it. 0: none of them. */
  readonly metricsPort?: number;
  readonly clickhouse?: {
    readonly url?: string;
    readonly user?: string;
    readonly passwordFile?: string;
    readonly database?: string;
  };
};

export type TraceSource = {
  readonly kind: TraceKind;
  /** Of a file or, with a slash behind it, of a folder whose files are meant; a glob in any part of it. */
  readonly files: string;
  /** In place of what files, their folders or lines say. */
  readonly job?: string;
};

export type TraceSection = {
  readonly sources: readonly TraceSource[];
  /** JSON: which rank of a job is which process on which GPU of which node. */
  readonly topologyFile?: string;
  /** YAML: which pod, job, model, replica and price class a GPU works for. */
  readonly mappingFile?: string;
};

/** A Prometheus histogram that is a feature of a model. */
export type ModelHistogram = {
  /** Without `_bucket`. */
  readonly metric: string;
  readonly feature: string;
  readonly kind: ObservedKind;
  /** Labels that its series must have, those of the model among them. */
  readonly match: Labels;
};

export type ModelSource = {
  /** Absent: the label says it. */
  readonly model?: string;
  readonly modelLabel?: string;
  readonly versionLabel?: string;
  readonly replicaLabel: string;
  /** Empty: its observations come by other ways. */
  readonly histograms: readonly ModelHistogram[];
  /** Labels that its series must have. */
  readonly match: Labels;
  /** It is judged in windows of this length. */
  readonly windowMs: number;
  /** A score from here on is class 1. */
  readonly decision: number;
  /** What its windows are compared with, where that is there. */
  readonly baselines: readonly DriftBaseline[];
};

export type LockstepConfig = {
  /** As it was named by whoever asked for it. */
  readonly file: string;
  readonly scrapeConfigs: readonly ScrapeConfig[];
  readonly lockstep: LockstepSection;
  readonly traces: TraceSection;
  readonly models: readonly ModelSource[];
};
