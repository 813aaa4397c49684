/**
 * FNV-1a (32 bit) of a metric name's UTF-8 bytes: the `metric` column of `samples`, which only keeps the samples of one
 * metric together on disk. Two names may share it; equality is by series id.
 */
export function metricId(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name, "utf8")) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
