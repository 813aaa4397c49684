-- importMatchedCreate
-- matched = "import_0a1b_matched"
CREATE OR REPLACE TABLE {matched:Identifier}
(version String, id String, since DateTime64(3, 'UTC'), until DateTime64(3, 'UTC'), score Float64, class UInt8)
ENGINE = MergeTree ORDER BY id
COMMENT 'it\'s'
