/** How a sample's value is kept: mantissa `m` and decimal exponent `e`, value = m / 10^e; see schemas/clickhouse/0001. */

/** Reserved exponent: `m` holds the bits of a Float64. */
export const RAW_EXPONENT = 127;
/** Largest decimal exponent: 10^18 is exact in UInt64, and m / 10^e is then the correctly rounded double. */
export const MAX_EXPONENT = 18;
/** Prometheus' staleness marker, a NaN told by its bits 0x7ff0000000000002. */
export const STALE_NAN_HIGH = 0x7ff00000;
export const STALE_NAN_LOW = 2;
/** How far back an instant query looks for a sample, as in Prometheus. */
export const LOOKBACK_MS = 300_000;
