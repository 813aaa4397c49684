-- importWindowsRows
-- table = "import_0a1b"
-- windows = "import_0a1b_windows"
-- rows = 5000
INSERT INTO {windows:Identifier}
SELECT since, leadInFrame(since, 1, last + 1) OVER (ORDER BY since ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS until
FROM
(
  SELECT DISTINCT at AS since, assumeNotNull((SELECT max(at) FROM {table:Identifier})) AS last
  FROM
  (
    SELECT at, rowNumberInAllBlocks() AS place
    FROM (SELECT at FROM {table:Identifier} ORDER BY at)
  )
  WHERE place % {rows:UInt64} = 0
)
SETTINGS max_threads = 1
