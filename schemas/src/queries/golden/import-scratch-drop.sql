-- importScratchDrop
-- table = "import_0a1b"
DROP TABLE IF EXISTS {table:Identifier}
