-- The state of every scrape target, as its collector last saw it. `run` is the collector process that wrote it.
CREATE TABLE IF NOT EXISTS targets
(
    scrape_pool       LowCardinality(String),
    url               String,
    labels            Map(LowCardinality(String), String),
    discovered_labels Map(LowCardinality(String), String),
    health            LowCardinality(String), -- unknown | up | down | gone
    last_error        String,
    last_scrape       DateTime64(3),
    duration_seconds  Float64,
    interval_seconds  Float64,
    timeout_seconds   Float64,
    samples           UInt64, -- lines read as samples in the last scrape
    samples_kept      UInt64, -- after metric_relabel_configs
    body_bytes        UInt64,
    bad_lines         UInt64, -- in the last scrape
    bad_line_example  String, -- "line 12: expected ..., found ..."
    run               String,
    updated           DateTime64(3)
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (scrape_pool, url, labels)
TTL toDateTime(updated) + INTERVAL 7 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000;

-- A heartbeat of every Lockstep process; `detail` is JSON of its own (the collector: config warnings, last reload).
CREATE TABLE IF NOT EXISTS processes
(
    process LowCardinality(String), -- collector | ingest | watch
    host    String,
    pid     UInt32,
    run     String, -- random per process start
    started DateTime64(3),
    detail  String,
    updated DateTime64(3)
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (process, host)
TTL toDateTime(updated) + INTERVAL 7 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000;
