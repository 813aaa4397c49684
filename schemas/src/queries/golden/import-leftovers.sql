-- importLeftovers
-- prefix = "import_"
SELECT name AS table, comment AS note
FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
ORDER BY table
