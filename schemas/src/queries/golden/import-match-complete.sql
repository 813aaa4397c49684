-- importMatchComplete
-- matched = "import_0a1b_matched"
ALTER TABLE {matched:Identifier} MODIFY COMMENT 'it\'s'
