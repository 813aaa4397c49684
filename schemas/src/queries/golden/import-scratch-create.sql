-- importScratchCreate
-- table = "import_0a1b"
CREATE TABLE IF NOT EXISTS {table:Identifier}
(
  file UInt16 CODEC(ZSTD(1)),
  c0 String CODEC(ZSTD(1)),
  c1 String CODEC(ZSTD(1)),
  at Int64 MATERIALIZED toInt64(ifNull(multiIf(
    match(trimBoth(c0), '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$'), multiIf(
      abs(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0)))) < 100000000, NULL,
      abs(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0)))) < 1e11, round(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0))) * 1000),
      abs(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0)))) < 1e14, floor(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0)))),
      abs(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0)))) < 1e17, floor(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0))) / 1000),
      abs(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0)))) < 1e20, floor(if(lower(trimBoth(c0)) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth(c0))) / 1000000),
      NULL),
    match(trimBoth(c0), '^[0-9]{4}-[0-9]{2}-[0-9]{2}'),
      toFloat64(toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(trimBoth(c0), 3, 'UTC'))),
    NULL), -9000000000000000)) CODEC(Delta, ZSTD(1)),
  line UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY at
COMMENT 'it\'s'
