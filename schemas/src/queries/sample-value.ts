import { RAW_EXPONENT } from "../domain/sample.ts";

/** SQL of a sample's Float64 value, bit for bit (NaN payloads kept). Needs columns `m` and `e` in scope. */
export const SAMPLE_VALUE = `if(e = ${RAW_EXPONENT}, reinterpretAsFloat64(m), m / intExp10(e))`;

/** SQL that is true for a staleness marker. */
export const IS_STALE = `(e = ${RAW_EXPONENT} AND m = 9218868437227405314)`;

/** SQL of a sample's Float64 as an integer of the same bits: integers are compared and aggregated by their bits. */
export const SAMPLE_BITS = `if(e = ${RAW_EXPONENT}, m, reinterpretAsInt64(m / intExp10(e)))`;

/** SAMPLE_BITS of a staleness marker. */
export const STALE_BITS = "9218868437227405314";
