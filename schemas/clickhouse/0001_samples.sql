-- A series travels once: its label set, keyed by the hash of the sorted label set (labels include __name__).
-- Written again when it is an hour old, so last_seen is never more than that behind.
CREATE TABLE IF NOT EXISTS series
(
    metric     LowCardinality(String),
    series     UInt64,
    labels     Map(LowCardinality(String), String),
    type       LowCardinality(String),
    unit       LowCardinality(String),
    first_seen SimpleAggregateFunction(min, DateTime64(3)),
    last_seen  SimpleAggregateFunction(max, DateTime64(3))
)
ENGINE = AggregatingMergeTree
ORDER BY (metric, series)
-- The other columns follow from the series id.
SETTINGS allow_dimensions_outside_sorting_key = 1, non_replicated_deduplication_window = 10000;

-- Series of one target share their times: byte-aligned deltas repeat from series to series, so ZSTD finds them (DoubleDelta's
-- bits do not: 0.54 bytes a sample against less than 0.1). A sample is m / 10^e, or, where e = 127, the bits of a Float64 kept in m (NaN payloads, Inf, -0, more than 53 bits).
-- `metric` is a hash of the name, for locality only: equality is by `series`.
CREATE TABLE IF NOT EXISTS samples
(
    metric UInt32 CODEC(ZSTD(1)),
    series UInt64 CODEC(ZSTD(1)),
    ts     DateTime64(3) CODEC(Delta, ZSTD(1)),
    m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    e      Int8 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(ts, 'UTC')
ORDER BY (metric, series, ts)
TTL toDateTime(ts) + INTERVAL 1296000 SECOND DELETE
-- Parts of a post are small, and few at a time would be merged again and again (CPU s per million rows at 16,000 rows/s:
-- 3.0 by default, 0.9 so). A day that is over becomes one part.
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, min_parts_to_merge_at_once = 24,
    min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;
