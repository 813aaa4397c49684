/** Which 5-minute windows the samples of a range of messages lie in. */
import { checkBlock, NativeError } from "@lockstep/formats/native";
import type { LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { FIVE_MINUTES } from "@lockstep/schemas/queries/rollup-levels";

const WINDOW_MS = FIVE_MINUTES.seconds * 1000;
const TWO_32 = 4_294_967_296;
/** Roll-ups keep the begin of a window as 32 bits of seconds. */
const MAX_MS = TWO_32 * 1000;

/**
 * Begins of windows, seconds since 1970, in order. Blocks that are none of `samples` are passed over (they were refused),
 * and so are samples before 1970 and after 2106: those are not rolled up.
 */
export function touchedWindows(messages: readonly LogMessage[]): number[] {
  const windows = new Set<number>();
  for (const { block, rows } of messages) {
    const start = tsStart(block, rows);
    if (start !== undefined) addWindows(windows, block, start, rows);
  }
  return [...windows].sort((a, b) => a - b);
}

/** Most samples lie in the window of the one before them, so that a row costs two reads and two comparisons. */
function addWindows(windows: Set<number>, block: Uint8Array, start: number, rows: number): void {
  const view = new DataView(block.buffer, block.byteOffset + start, rows * 8);
  let since = 1;
  let until = 0;
  for (let at = 0; at < rows * 8; at += 8) {
    const ts = view.getInt32(at + 4, true) * TWO_32 + view.getUint32(at, true);
    if (ts >= since && ts < until) continue;
    since = Math.floor(ts / WINDOW_MS) * WINDOW_MS;
    until = since + WINDOW_MS;
    if (since >= 0 && until <= MAX_MS) windows.add(since / 1000);
  }
}

/** Where the data of column ts begins. All columns are of fixed width, so it is found from the end. */
function tsStart(block: Uint8Array, rows: number): number | undefined {
  try {
    checkBlock(BLOCK_TABLES.samples, rows, block);
  } catch (error) {
    if (error instanceof NativeError) return undefined;
    throw error;
  }
  const header = (name: string, type: string) => 2 + name.length + type.length;
  return block.length - rows - header("e", "Int8") - rows * 8 - header("m", "Int64") - rows * 8;
}
