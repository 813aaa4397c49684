-- importLabelRows
-- table = "import_0a1b"
-- id = "c0"
-- label = "c1"
SELECT
  toFloat64(count()) AS rows,
  toFloat64(uniqExactIf(sipHash64(trimBoth({id:Identifier})), NOT absent)) AS ids,
  toFloat64(countIf(lower(trimBoth({id:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n') OR lower(trimBoth({label:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n') AS absent)) AS unlabelled
FROM {table:Identifier}
