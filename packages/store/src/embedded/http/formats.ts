/** What the formats of ClickHouse's answers are on the wire. */

/** Those whose chunks joined are the whole: no header, footer or separator between rows that a chunk would repeat. */
const STREAMED = new Set([
  "JSONEachRow",
  "JSONCompactEachRow",
  "JSONStringsEachRow",
  "JSONCompactStringsEachRow",
  "JSONLines",
  "NDJSON",
  "CSV",
  "TabSeparated",
  "TSV",
  "TabSeparatedRaw",
  "TSVRaw",
  "RowBinary",
  "Native",
]);

export function isStreamed(format: string): boolean {
  return STREAMED.has(format);
}

export function contentType(format: string): string {
  if (/^(JSON\w*EachRow|JSONLines|NDJSON)/.test(format)) return "application/x-ndjson; charset=UTF-8";
  if (format.startsWith("JSON")) return "application/json; charset=UTF-8";
  if (format.startsWith("CSV")) return `text/csv; charset=UTF-8; header=${format === "CSV" ? "absent" : "present"}`;
  if (/^(TabSeparated|TSV|Raw)/.test(format)) return "text/tab-separated-values; charset=UTF-8";
  if (format === "XML") return "application/xml; charset=UTF-8";
  if (BINARY.test(format)) return "application/octet-stream";
  return "text/plain; charset=UTF-8";
}

const BINARY = /^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|Protobuf|CapnProto|BSON|Npy)/;
