-- Samples of a series in windows [window, window + 5 min): what pages and queries over weeks read instead of `samples`.
-- NaN, and so every staleness marker, is no reading and is left out. `increase` counts a counter's resets as Prometheus
-- does: 100, 110, 5, 15 rose by 10 + 5 + 10.
--
-- A window is computed again when late data arrives, and two processes may compute it at once. Samples are only ever
-- added, so of two rows of the same key the one that counts more readings saw all that the other saw: `count` is the
-- version. No clock decides, and a window that is computed again after its raw samples expired replaces nothing.
--
-- Values are kept as those of `samples` are: x = x_m / 10^e, or the bits of a Float64 in all of them where e = 127.
-- Bytes a row on DCGM-like series, 20 samples a row: 4.9 so, 10.5 as Float64 with the best codec of each column.
CREATE TABLE IF NOT EXISTS samples_5m
(
    metric     UInt32 CODEC(ZSTD(1)),
    series     UInt64 CODEC(ZSTD(1)),
    window     DateTime('UTC') CODEC(Delta, ZSTD(1)),
    count      UInt32 CODEC(ZSTD(1)),
    e          Int8 CODEC(ZSTD(1)),
    min_m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    max_m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    sum_m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    first_m    Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    last_m     Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    increase_m Int64 CODEC(T64('bit'), ZSTD(1)),
    min        Float64 ALIAS if(e = 127, reinterpretAsFloat64(min_m), min_m / intExp10(e)),
    max        Float64 ALIAS if(e = 127, reinterpretAsFloat64(max_m), max_m / intExp10(e)),
    sum        Float64 ALIAS if(e = 127, reinterpretAsFloat64(sum_m), sum_m / intExp10(e)),
    first      Float64 ALIAS if(e = 127, reinterpretAsFloat64(first_m), first_m / intExp10(e)),
    last       Float64 ALIAS if(e = 127, reinterpretAsFloat64(last_m), last_m / intExp10(e)),
    increase   Float64 ALIAS if(e = 127, reinterpretAsFloat64(increase_m), increase_m / intExp10(e))
)
ENGINE = ReplacingMergeTree(count)
-- A week: of parts of a day a query of one series over 90 days would read five times as many rows.
PARTITION BY toMonday(window, 'UTC')
ORDER BY (metric, series, window)
TTL window + INTERVAL 7776000 SECOND DELETE
-- The same block may come in again, and has to.
SETTINGS non_replicated_deduplication_window = 0, ttl_only_drop_parts = 1, min_age_to_force_merge_seconds = 3600,
    min_age_to_force_merge_on_partition_only = 1;

-- The same in windows of an hour, made from samples_5m.
CREATE TABLE IF NOT EXISTS samples_1h
(
    metric     UInt32 CODEC(ZSTD(1)),
    series     UInt64 CODEC(ZSTD(1)),
    window     DateTime('UTC') CODEC(Delta, ZSTD(1)),
    count      UInt32 CODEC(ZSTD(1)),
    e          Int8 CODEC(ZSTD(1)),
    min_m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    max_m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    sum_m      Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    first_m    Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    last_m     Int64 CODEC(Delta, T64('bit'), ZSTD(1)),
    increase_m Int64 CODEC(T64('bit'), ZSTD(1)),
    min        Float64 ALIAS if(e = 127, reinterpretAsFloat64(min_m), min_m / intExp10(e)),
    max        Float64 ALIAS if(e = 127, reinterpretAsFloat64(max_m), max_m / intExp10(e)),
    sum        Float64 ALIAS if(e = 127, reinterpretAsFloat64(sum_m), sum_m / intExp10(e)),
    first      Float64 ALIAS if(e = 127, reinterpretAsFloat64(first_m), first_m / intExp10(e)),
    last       Float64 ALIAS if(e = 127, reinterpretAsFloat64(last_m), last_m / intExp10(e)),
    increase   Float64 ALIAS if(e = 127, reinterpretAsFloat64(increase_m), increase_m / intExp10(e))
)
ENGINE = ReplacingMergeTree(count)
PARTITION BY toYYYYMM(window, 'UTC')
ORDER BY (metric, series, window)
TTL window + INTERVAL 63072000 SECOND DELETE
SETTINGS non_replicated_deduplication_window = 0, ttl_only_drop_parts = 1, min_age_to_force_merge_seconds = 3600,
    min_age_to_force_merge_on_partition_only = 1;

-- Which windows have data that their roll-up may lack. Written when the data is in; the same row comes again with
-- `done` = 1 when a roll-up that began after the mark was read is in. A mark lost to its TTL costs nothing where it is
-- done; one that comes back because its `done` went first is worked off once more.
CREATE TABLE IF NOT EXISTS rollup_marks
(
    level UInt16, -- seconds: 300 or 3600
    since DateTime('UTC'), -- the windows that begin in [since, until), of one UTC day
    until DateTime('UTC'),
    id    UUID, -- of the post that touched them
    done  UInt8,
    at    DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(done)
ORDER BY (level, since, until, id)
TTL at + INTERVAL 1 DAY DELETE WHERE done = 1, at + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 0, min_age_to_force_merge_seconds = 600;

-- What was stored before there were roll-ups.
INSERT INTO rollup_marks (level, since, until, id, done)
SELECT
    300,
    toDateTime(intDiv(toUnixTimestamp64Milli(min(ts)), 300000) * 300, 'UTC'),
    toDateTime(intDiv(toUnixTimestamp64Milli(max(ts)), 300000) * 300 + 300, 'UTC'),
    generateUUIDv4(),
    0
FROM samples
GROUP BY _partition_id
