-- importParts
-- table = "import_0a1b"
SELECT toFloat64(uniqCombined(tuple(leftUTF8(trimBoth(c7), 200), leftUTF8(trimBoth(c8), 200)))) AS parts
FROM {table:Identifier}
