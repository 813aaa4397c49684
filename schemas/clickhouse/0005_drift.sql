-- What a model was given and what it answered in one window, as a histogram that adds to others (schemas/src/domain/observed.ts).
-- The same (source, origin, window, feature) twice is the same row; rows of different origins add up.
CREATE TABLE IF NOT EXISTS histograms
(
    model           LowCardinality(String),
    version         LowCardinality(String),
    replica         LowCardinality(String), -- pod, instance or process that observed; empty where it is not told
    labels          Map(LowCardinality(String), String), -- segments: region, tenant, ...
    kind            LowCardinality(String), -- input | prediction | score | latency
    feature         LowCardinality(String),
    since           DateTime64(3),
    until           DateTime64(3), -- not in the window itself
    source          LowCardinality(String), -- prometheus | otlp | observations | import
    origin          String, -- whose row it is among those of a source: replica, label set, part of a file
    bounds          Array(Float64) CODEC(ZSTD(1)), -- edges, one more than counts; -inf and inf where the outer cells are open
    counts          Array(UInt64) CODEC(T64, ZSTD(1)),
    scale           Nullable(Int32), -- of an exponential histogram, which has no bounds
    zero_threshold  Float64,
    zero_count      UInt64,
    positive_offset Int32,
    positive        Array(UInt64) CODEC(T64, ZSTD(1)),
    negative_offset Int32,
    negative        Array(UInt64) CODEC(T64, ZSTD(1)),
    categories      Map(String, UInt64) CODEC(ZSTD(1)),
    missing         UInt64, -- rows without a value; not in count
    count           UInt64,
    sum             Nullable(Float64),
    labelled        Array(UInt64) CODEC(T64, ZSTD(1)), -- of kind score, by cell of bounds: rows whose label is known
    positives       Array(UInt64) CODEC(T64, ZSTD(1)), -- and of these how many are of class 1
    score_sums      Array(Float64) CODEC(ZSTD(1)), -- of the labelled rows
    seen            DateTime64(3),
    -- What came in lately is looked for every few seconds, however old it is.
    INDEX arrived seen TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(seen)
PARTITION BY toYYYYMM(since, 'UTC')
ORDER BY (model, kind, feature, since, until, version, replica, source, origin)
-- By arrival: a history that is imported is as old as it is.
TTL toDateTime(seen) + INTERVAL 400 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000;

-- Which models there are and from when to when: asked by every page, and too much to read from all histograms each time.
CREATE TABLE IF NOT EXISTS observed_models
(
    model     LowCardinality(String),
    version   LowCardinality(String),
    first     SimpleAggregateFunction(min, DateTime64(3)),
    last      SimpleAggregateFunction(max, DateTime64(3)),
    window_ms AggregateFunction(argMax, Float64, DateTime64(3)) -- of the newest window
)
ENGINE = AggregatingMergeTree
ORDER BY (model, version);

CREATE MATERIALIZED VIEW IF NOT EXISTS observed_models_of_histograms TO observed_models AS
SELECT
    model,
    version,
    min(since) AS first,
    max(until) AS last,
    argMaxState(toFloat64(toUnixTimestamp64Milli(until) - toUnixTimestamp64Milli(since)), until) AS window_ms
FROM histograms
GROUP BY model, version;

-- A feature's window against one baseline, as watch judged it.
CREATE TABLE IF NOT EXISTS drift_windows
(
    model        LowCardinality(String),
    version      LowCardinality(String),
    kind         LowCardinality(String),
    feature      LowCardinality(String),
    baseline     LowCardinality(String), -- training | season | version | replicas
    segment      LowCardinality(String), -- empty: all of it; else the replica that was compared
    since        DateTime64(3),
    until        DateTime64(3),
    verdict      LowCardinality(String), -- drift | no_drift | not_enough_data | data_quality
    reason       String, -- one sentence
    n_baseline   Float64,
    n_current    Float64,
    cells        UInt32,
    p            Nullable(Float64), -- of the over-dispersed chi-square test
    q            Nullable(Float64), -- after Benjamini-Hochberg over the features of this model and window
    method       LowCardinality(String), -- the distance that decides: psi | js | w1
    distance     Nullable(Float64), -- of that method, debiased
    threshold    Nullable(Float64),
    expected     Nullable(Float64), -- of that method where nothing changed
    distances    Map(LowCardinality(String), Float64), -- all of them by their names in packages/analysis/src/drift
    missing_rate Nullable(Float64),
    new_share    Nullable(Float64),
    lost_share   Nullable(Float64),
    outside      Nullable(Float64), -- share outside the baseline's range
    judged       DateTime64(3)
)
ENGINE = ReplacingMergeTree(judged)
PARTITION BY toYYYYMM(since, 'UTC')
ORDER BY (model, kind, feature, version, baseline, segment, since, until)
TTL toDateTime(judged) + INTERVAL 400 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000;

-- How well a model does in a window: estimated from its scores alone, or realised where labels have come.
CREATE TABLE IF NOT EXISTS model_performance
(
    model     LowCardinality(String),
    version   LowCardinality(String),
    way       LowCardinality(String), -- estimated | realised
    since     DateTime64(3),
    until     DateTime64(3),
    n         Float64,
    auc       Nullable(Float64),
    accuracy  Nullable(Float64),
    precision Nullable(Float64),
    recall    Nullable(Float64),
    f1        Nullable(Float64),
    ece       Nullable(Float64),
    mce       Nullable(Float64),
    judged    DateTime64(3)
)
ENGINE = ReplacingMergeTree(judged)
PARTITION BY toYYYYMM(since, 'UTC')
ORDER BY (model, version, way, since, until)
TTL toDateTime(judged) + INTERVAL 400 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000;

-- What a model's windows are compared with: a stretch of its history, or histograms that were given as such. The newest of a
-- model and version (empty: of all versions) holds.
CREATE TABLE IF NOT EXISTS baselines
(
    model      LowCardinality(String),
    version    LowCardinality(String),
    name       String, -- "training" unless it is named
    since      DateTime64(3), -- of the rows of `histograms` that it is made of
    until      DateTime64(3),
    of_version LowCardinality(String), -- whose rows; empty: of every version
    created    DateTime64(3),
    created_by String
)
ENGINE = ReplacingMergeTree(created)
ORDER BY (model, version, name);

-- Scores whose labels have not come yet, of imports that name their rows.
CREATE TABLE IF NOT EXISTS awaited_labels
(
    model   LowCardinality(String),
    version LowCardinality(String),
    id      String,
    since   DateTime64(3), -- window of `histograms` that the row was counted in
    until   DateTime64(3),
    score   Float64,
    seen    DateTime64(3)
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (model, id)
TTL toDateTime(seen) + INTERVAL 90 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000;

-- Of a drift finding: whose feature. Empty for findings of jobs.
ALTER TABLE findings ADD COLUMN IF NOT EXISTS model LowCardinality(String) AFTER job;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS version LowCardinality(String) AFTER model;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS feature LowCardinality(String) AFTER version;
-- By when it was written: a finding of an imported history is as old as that.
ALTER TABLE findings MODIFY TTL toDateTime(updated) + INTERVAL 2 YEAR DELETE;
