-- importMatch
-- table = "import_0a1b"
-- matched = "import_0a1b_matched"
-- model = "car_loan"
-- id = "c0"
-- label = "c1"
-- positive = "yes"
INSERT INTO {matched:Identifier}
SELECT version, awaited.id, since, until, score, class
FROM
(
  SELECT trimBoth({id:Identifier}) AS id, assumeNotNull(argMax(known, (file, line))) AS class
  FROM
  (
    SELECT {id:Identifier}, file, line, if(lower(trimBoth({label:Identifier})) IN ('', 'null', 'nan', 'na', 'n/a', '#n/a', '<na>', 'nat', 'none', 'nil', '\\N', '\\n'), NULL, toUInt8(trimBoth({label:Identifier}) = {positive:String})) AS known
    FROM {table:Identifier}
  )
  WHERE isNotNull(known)
  GROUP BY id
) AS told
INNER JOIN
(
  SELECT version, id, since, until, score
  FROM awaited_labels FINAL
  WHERE model = {model:String}
) AS awaited ON awaited.id = told.id
SETTINGS join_algorithm = 'grace_hash', max_bytes_before_external_group_by = 100000000
