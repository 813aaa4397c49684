-- importSent
-- table = "import_0a1b"
SELECT toFloat64(count()) AS rows FROM {table:Identifier}
