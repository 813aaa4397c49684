-- importScratchCreate
-- table = "import_0a1b"
CREATE TABLE IF NOT EXISTS {table:Identifier}
(
  file UInt16 CODEC(ZSTD(1)),
  c0 String CODEC(ZSTD(1)),
  c1 String CODEC(ZSTD(1)),
  line UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (file, line)
COMMENT ''
