/**
 * What travels on the log. One topic per table; a message is one ClickHouse `Native` block of exactly these columns in
 * this order. A change of columns is a new version, and ingest keeps reading the old one (testdata/blocks holds a frozen
 * block of each).
 */
export type TableName = "samples" | "series" | "targets" | "processes";

export type Column = { readonly name: string; readonly type: string };

export type BlockTable = {
  readonly table: TableName;
  readonly version: number;
  readonly columns: readonly Column[];
};

/** LowCardinality has a needlessly rich wire form, so strings travel plain and ClickHouse casts them. */
const MAP = "Map(String, String)";
const TIME = "DateTime64(3)";

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
};

/** Topics in the order ingest moves them: a series' labels are in place before its first sample is. */
export const TABLE_NAMES: readonly TableName[] = ["series", "samples", "targets", "processes"];
