-- What one rank did in one step in one communicator by one collective (packages/analysis/src/fold/step-row.ts): the
-- durations of its operations in sequence order. A file that is read again gives the same rows, which replace themselves.
CREATE TABLE IF NOT EXISTS collectives
(
    job          LowCardinality(String),
    step         Int64,
    communicator LowCardinality(String),
    collective   LowCardinality(String),
    peer         Nullable(UInt32), -- of Send and Recv: rank in the communicator
    process      LowCardinality(String), -- host/pid
    run          UInt32, -- counts up when the process begins again; steps of other runs are other steps
    ts           DateTime64(3), -- the end of the step, by the node's clock, or when it was read where nothing is dated
    kind         LowCardinality(String), -- TP | PP | DP | CP | EP | WORLD | ?
    odd          UInt8, -- not what the process usually does in a step: not judged
    node         LowCardinality(String),
    rank         UInt32, -- in the communicator
    size         UInt32,
    job_rank     Nullable(UInt32),
    seq          UInt64, -- of the first operation
    count        UInt32, -- of operations
    per_slot     UInt32, -- consecutive operations summed in one number of exec_us
    bytes        Nullable(UInt64), -- of one operation, where they are equal
    exec_us      Array(UInt32) CODEC(T64, ZSTD(1)),
    start_us     Array(Int32) CODEC(T64, ZSTD(1)), -- from `began` on; empty where nothing is dated
    began        Nullable(DateTime64(6)) CODEC(Delta, ZSTD(1)),
    ended        Nullable(DateTime64(6)) CODEC(Delta, ZSTD(1)),
    self_us      Nullable(Float64) CODEC(ZSTD(1)), -- between leaving the operation before and entering these
    step_us      Nullable(Float64) CODEC(ZSTD(1)),
    timing       LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(ts, 'UTC')
ORDER BY (job, step, communicator, collective, process, run, ifNull(peer, 4294967295))
TTL toDateTime(ts) + INTERVAL 15 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- What happened at one moment: XIDs, deploys, changes of configuration or price, annotations. The same event read twice
-- (a log that is read again, a gauge that two watches saw change) is the same row.
CREATE TABLE IF NOT EXISTS events
(
    kind   LowCardinality(String), -- xid | deploy | config | price | annotation
    at     DateTime64(3),
    node   LowCardinality(String),
    gpu    LowCardinality(String), -- UUID
    code   Nullable(UInt32),       -- of an XID
    title  String,
    labels Map(LowCardinality(String), String),
    detail String,                 -- the line it was read from, or what else is known
    source LowCardinality(String), -- kernel_log | dcgm | api
    seen   DateTime64(3)
)
ENGINE = ReplacingMergeTree(seen)
PARTITION BY toYYYYMM(at, 'UTC')
ORDER BY (kind, node, gpu, at, source, title)
TTL toDateTime(at) + INTERVAL 2 YEAR DELETE
SETTINGS non_replicated_deduplication_window = 1000;

-- Who used a GPU, from when to when. An interval grows while it is seen: `until` is when it was seen last, and the newest
-- row of the same beginning replaces the others.
CREATE TABLE IF NOT EXISTS attribution
(
    gpu          String, -- UUID
    gpu_instance LowCardinality(String), -- of MIG; empty: the whole GPU
    node         LowCardinality(String),
    namespace    LowCardinality(String),
    pod          String,
    container    LowCardinality(String),
    job          LowCardinality(String),
    model        LowCardinality(String),
    replica      LowCardinality(String),
    price_class  LowCardinality(String),
    since        DateTime64(3),
    until        DateTime64(3)
)
ENGINE = ReplacingMergeTree(until)
PARTITION BY toYYYYMM(since, 'UTC')
ORDER BY (gpu, gpu_instance, namespace, pod, container, job, since)
TTL toDateTime(since) + INTERVAL 2 YEAR DELETE
SETTINGS non_replicated_deduplication_window = 1000;

-- What a detector saw. An open finding is written again as it goes on; `detail` is the whole of it as JSON
-- (schemas/src/domain/finding.ts).
CREATE TABLE IF NOT EXISTS findings
(
    id                String, -- the same for one trouble from its opening to its end
    kind              LowCardinality(String),
    job               LowCardinality(String),
    rank              Nullable(UInt32),
    node              LowCardinality(String),
    gpu               LowCardinality(String),
    opened            DateTime64(3),
    closed            Nullable(DateTime64(3)),
    score             Nullable(Float64),
    waste_gpu_seconds Float64, -- since it was opened
    confidence        LowCardinality(String),
    cause             LowCardinality(String),
    summary           String,
    detail            String,
    updated           DateTime64(3)
)
ENGINE = ReplacingMergeTree(updated)
PARTITION BY toYYYYMM(opened, 'UTC')
ORDER BY (job, opened, id)
TTL toDateTime(opened) + INTERVAL 2 YEAR DELETE
SETTINGS non_replicated_deduplication_window = 1000;

-- Flight Recorder dumps, one a rank, as packages/formats reads them, in JSON: who entered which operation last.
CREATE TABLE IF NOT EXISTS flight_dumps
(
    job  LowCardinality(String),
    rank UInt32,
    node LowCardinality(String),
    at   DateTime64(3), -- when the file was written
    dump String CODEC(ZSTD(6)),
    seen DateTime64(3)
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (job, at, rank)
TTL toDateTime(at) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 1000;
