/**
 * What travels on the log. One topic per table; a message is one ClickHouse `Native` block of exactly these columns in
 * this order. A change of columns is a new version, and ingest keeps reading the old one (testdata/blocks holds a frozen
 * block of each).
 */
export type TableName =
  | "samples"
  | "series"
  | "targets"
  | "processes"
  | "collectives"
  | "events"
  | "flight_dumps"
  | "histograms";

export type Column = { readonly name: string; readonly type: string };

export type BlockTable = {
  readonly table: TableName;
  readonly version: number;
  readonly columns: readonly Column[];
};

/** LowCardinality has a needlessly rich wire form, so strings travel plain and ClickHouse casts them. */
const MAP = "Map(String, String)";
const TIME = "DateTime64(3)";
const MICROSECONDS = "DateTime64(6)";

function nullable(type: string): string {
  return `Nullable(${type})`;
}

function columns(spec: Record<string, string>): Column[] {
  return Object.entries(spec).map(([name, type]) => ({ name, type }));
}

export const BLOCK_TABLES: Readonly<Record<TableName, BlockTable>> = {
  samples: {
    table: "samples",
    version: 1,
    columns: columns({ metric: "UInt32", series: "UInt64", ts: TIME, m: "Int64", e: "Int8" }),
  },
  series: {
    table: "series",
    version: 1,
    columns: columns({
      metric: "String",
      series: "UInt64",
      labels: MAP,
      type: "String",
      unit: "String",
      first_seen: TIME,
      last_seen: TIME,
    }),
  },
  targets: {
    table: "targets",
    version: 1,
    columns: columns({
      scrape_pool: "String",
      url: "String",
      labels: MAP,
      discovered_labels: MAP,
      health: "String",
      last_error: "String",
      last_scrape: TIME,
      duration_seconds: "Float64",
      interval_seconds: "Float64",
      timeout_seconds: "Float64",
      samples: "UInt64",
      samples_kept: "UInt64",
      body_bytes: "UInt64",
      bad_lines: "UInt64",
      bad_line_example: "String",
      run: "String",
      updated: TIME,
    }),
  },
  processes: {
    table: "processes",
    version: 1,
    columns: columns({
      process: "String",
      host: "String",
      pid: "UInt32",
      run: "String",
      started: TIME,
      detail: "String",
      updated: TIME,
    }),
  },
  collectives: {
    table: "collectives",
    version: 1,
    columns: columns({
      job: "String",
      step: "Int64",
      communicator: "String",
      collective: "String",
      peer: "Nullable(UInt32)",
      process: "String",
      run: "UInt32",
      ts: TIME,
      kind: "String",
      odd: "UInt8",
      node: "String",
      rank: "UInt32",
      size: "UInt32",
      job_rank: "Nullable(UInt32)",
      seq: "UInt64",
      count: "UInt32",
      per_slot: "UInt32",
      bytes: "Nullable(UInt64)",
      exec_us: "Array(UInt32)",
      start_us: "Array(Int32)",
      began: nullable(MICROSECONDS),
      ended: nullable(MICROSECONDS),
      self_us: "Nullable(Float64)",
      step_us: "Nullable(Float64)",
      timing: "String",
    }),
  },
  events: {
    table: "events",
    version: 1,
    columns: columns({
      kind: "String",
      at: TIME,
      node: "String",
      gpu: "String",
      code: "Nullable(UInt32)",
      title: "String",
      labels: MAP,
      detail: "String",
      source: "String",
      seen: TIME,
    }),
  },
  flight_dumps: {
    table: "flight_dumps",
    version: 1,
    columns: columns({ job: "String", rank: "UInt32", node: "String", at: TIME, dump: "String", seen: TIME }),
  },
  histograms: {
    table: "histograms",
    version: 1,
    columns: columns({
      model: "String",
      version: "String",
      replica: "String",
      labels: MAP,
      kind: "String",
      feature: "String",
      since: TIME,
      until: TIME,
      source: "String",
      origin: "String",
      bounds: "Array(Float64)",
      counts: "Array(UInt64)",
      scale: "Nullable(Int32)",
      zero_threshold: "Float64",
      zero_count: "UInt64",
      positive_offset: "Int32",
      positive: "Array(UInt64)",
      negative_offset: "Int32",
      negative: "Array(UInt64)",
      categories: "Map(String, UInt64)",
      missing: "UInt64",
      count: "UInt64",
      sum: "Nullable(Float64)",
      labelled: "Array(UInt64)",
      positives: "Array(UInt64)",
      score_sums: "Array(Float64)",
      seen: TIME,
    }),
  },
};

/** Topics in the order ingest moves them: a series' labels are in place before its first sample is. */
export const TABLE_NAMES: readonly TableName[] = [
  "series",
  "samples",
  "targets",
  "processes",
  "collectives",
  "events",
  "flight_dumps",
  "histograms",
];
