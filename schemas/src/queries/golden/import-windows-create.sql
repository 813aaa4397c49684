-- importWindowsCreate
-- table = "import_0a1b_windows"
CREATE OR REPLACE TABLE {table:Identifier} (since Int64, until Int64) ENGINE = MergeTree ORDER BY since
COMMENT 'it\'s'
