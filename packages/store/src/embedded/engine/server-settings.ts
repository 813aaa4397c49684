/** The engine's configuration, read once when its data folder is opened. */

const MB = 1024 * 1024;

export type EngineLimits = {
  /** Bytes of memory of all queries, merges and caches together. */
  readonly serverMemory: number;
};

/** Sized for a system that shares its machine with what it watches: caches of megabytes, few threads in the background. */
const SERVER: Readonly<Record<string, number>> = {
  mark_cache_size: 32 * MB,
  primary_index_cache_size: 32 * MB,
  index_mark_cache_size: 4 * MB,
  query_condition_cache_size: 8 * MB,
  compiled_expression_cache_size: 16 * MB,
  vector_similarity_index_cache_size: MB,
  text_index_tokens_cache_size: MB,
  text_index_header_cache_size: MB,
  text_index_postings_cache_size: MB,
  parquet_metadata_cache_size: MB,
  iceberg_metadata_files_cache_size: 0,
  background_pool_size: 2,
  background_schedule_pool_size: 1,
  max_thread_pool_size: 256,
  max_io_thread_pool_size: 8,
  max_active_parts_loading_thread_pool_size: 4,
  max_outdated_parts_loading_thread_pool_size: 2,
  max_parts_cleaning_thread_pool_size: 2,
  // How often the memory of the process is looked at: by default so often that it is most of the work at rest.
  memory_worker_period_ms: 500,
};

/** What a table has that does not say otherwise. */
const MERGE_TREE: Readonly<Record<string, number>> = {
  // A small part is else merged into the big one again every few inserts. Merging, in CPU seconds per million samples
  // posted 16,000 a second: 3.0 without it, 1.8 at 10, 0.8 at 30.
  min_parts_to_merge_at_once: 24,
  // What that leaves of a day is merged into one part when the day is over.
  min_age_to_force_merge_seconds: 3600,
  min_age_to_force_merge_on_partition_only: 1,
  merge_tree_clear_old_parts_interval_seconds: 10,
};

/** As ClickHouse reads it: XML. */
export function serverConfiguration({ serverMemory }: EngineLimits): string {
  const elements = (settings: Readonly<Record<string, number>>) =>
    Object.entries(settings).map(([name, value]) => `<${name}>${value}</${name}>`);
  const server = elements({ max_server_memory_usage: serverMemory, ...SERVER });
  const lines = [...server, "<merge_tree>", ...elements(MERGE_TREE), "</merge_tree>"];
  return `<clickhouse>\n${lines.join("\n")}\n</clickhouse>\n`;
}
