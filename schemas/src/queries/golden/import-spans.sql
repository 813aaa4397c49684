-- importSpans
-- table = "import_0a1b"
-- spans = [300000,3600000]
SELECT
  toFloat64(span) AS windowMs,
  toFloat64(count()) AS windows,
  quantileExactLow(0.5)(toFloat64(n)) AS usual
FROM
(
  SELECT arrayJoin({spans:Array(Int64)}) AS span, intDiv(at - positiveModulo(at, span), span) AS place, count() AS n
  FROM {table:Identifier}
  GROUP BY span, place
)
GROUP BY span
ORDER BY span
