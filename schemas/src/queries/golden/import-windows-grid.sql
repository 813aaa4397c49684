-- importWindowsGrid
-- table = "import_0a1b"
-- windows = "import_0a1b_windows"
-- span = 3600000
INSERT INTO {windows:Identifier}
SELECT DISTINCT at - positiveModulo(at, {span:Int64}) AS since, since + {span:Int64} AS until
FROM {table:Identifier}
