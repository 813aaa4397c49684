import type { LogMessage } from "@lockstep/log/log";

/** ClickHouse inserts a post in one piece up to so many rows and 256 MiB; it needs several times the bytes to do so. */
const MAX = { rows: 1_048_576, bytes: 32 * 2 ** 20 };

/** Messages in their order, cut so that each range makes one post; a single larger message is a range of its own. */
export function cutRanges(messages: readonly LogMessage[]): LogMessage[][] {
  const ranges: LogMessage[][] = [];
  let range: LogMessage[] = [];
  let [rows, bytes] = [0, 0];
  for (const message of messages) {
    const tooMuch = rows + message.rows > MAX.rows || bytes + message.block.length > MAX.bytes;
    if (range.length > 0 && tooMuch) {
      ranges.push(range);
      range = [];
      [rows, bytes] = [0, 0];
    }
    range.push(message);
    rows += message.rows;
    bytes += message.block.length;
  }
  if (range.length > 0) ranges.push(range);
  return ranges;
}
