-- importProfile
-- table = "import_0a1b"
-- column = "c1"
SELECT
  toFloat64(countIf(empty)) AS missing,
  toFloat64(countIf(NOT empty AND value IS NULL) AS odd) AS texts,
  (argMinIf((file, line, leftUTF8(field, 60)), (file, line), NOT empty AND value IS NULL) AS first).1 AS textFile,
  toFloat64(first.2) AS textLine,
  first.3 AS firstText,
  toFloat64(uniqCombinedIf(field, NOT empty)) AS distinct,
  toFloat64(countIf(value = floor(value))) AS integers,
  toString(minIf(assumeNotNull(value), isFinite(value))) AS least,
  toString(maxIf(assumeNotNull(value), isFinite(value))) AS most,
  if(length(groupUniqArrayIf(21)(assumeNotNull(value), isFinite(value)) AS few) > 20, [], arraySort(few)) AS values
FROM
(
  SELECT
    file,
    line,
    trimBoth({column:Identifier}) AS field,
    lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n') AS empty,
    if(lower(trimBoth({column:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toFloat64OrNull(trimBoth({column:Identifier}))) AS value
  FROM {table:Identifier}
)
