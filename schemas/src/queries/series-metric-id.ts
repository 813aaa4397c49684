/** SQL of metricId (domain/metric-id.ts) of a String column: FNV-1a, 32 bit, over its bytes. UInt64 holds each product. */
export function metricIdSql(column: string): string {
  const step = `bitAnd(bitXor(hash, reinterpretAsUInt8(substring(${column}, at, 1))) * 16777619, 4294967295)`;
  return `toUInt32(arrayFold((hash, at) -> ${step}, range(1, length(${column}) + 1), toUInt64(2166136261)))`;
}
