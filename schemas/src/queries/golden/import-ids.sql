-- importIds
-- table = "import_0a1b"
-- column = "c1"
SELECT toFloat64(count()) AS rows, toFloat64(uniqCombined64(20)(trimBoth({column:Identifier}))) AS ids
FROM {table:Identifier}
WHERE NOT (lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'))
