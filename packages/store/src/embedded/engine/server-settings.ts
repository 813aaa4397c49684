/** Server settings of the engine. They are arguments of its first connection: later they are read-only. */

const MB = 1024 * 1024;

export type EngineLimits = {
  /** Bytes of memory of all queries, merges and caches together. */
  readonly serverMemory: number;
};

/** Sized for a system that shares its machine with what it watches: caches of megabytes, few threads in the background. */
export function serverArguments(limits: EngineLimits): string[] {
  const settings: Record<string, number> = {
    max_server_memory_usage: limits.serverMemory,
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
    // Merges: one core's worth. Everything else in the background is small.
    background_pool_size: 2,
    background_schedule_pool_size: 1,
    max_thread_pool_size: 256,
    max_io_thread_pool_size: 8,
    max_active_parts_loading_thread_pool_size: 4,
    max_outdated_parts_loading_thread_pool_size: 2,
    max_parts_cleaning_thread_pool_size: 2,
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}
