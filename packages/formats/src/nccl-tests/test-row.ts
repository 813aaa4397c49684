import type { Measurement, TestRow } from "./nccl-test.ts";

const notAvailable = "N/A";

/**
 * The rows of results in a line: size, count, type, then (not in all versions) the reduction and the root, then time, algbw,
 * busbw, #wrong, and the same four in place. They are found wherever in the line they stand, because launchers put the rank
 * before it and the output of other processes behind it.
 */
export function rowsIn(line: string): TestRow[] {
  const words = line.trim().split(/\s+/);
  const rows: TestRow[] = [];
  for (let at = 0; at + 6 < words.length; at++) {
    if (!isCount(words[at]!) || !isCount(words[at + 1]!) || !isName(words[at + 2]!)) continue;
    const numbersFrom = isName(words[at + 3]!) ? at + 4 : at + 3;
    const numbers = numbersAt(words, numbersFrom);
    const row = rowOf(Number(words[at]), numbers);
    if (row === undefined) continue;
    rows.push(row);
    at = numbersFrom + numbers.length - 1;
  }
  return rows;
}

function rowOf(bytes: number, numbers: readonly string[]): TestRow | undefined {
  // An odd number of columns has the root before the measurements.
  const columns = numbers.slice(numbers.length % 4);
  const outOfPlace = measurement(columns);
  if (outOfPlace === undefined) return undefined;
  return { bytes, ...outOfPlace, inPlace: measurement(columns.slice(4)) };
}

function measurement(columns: readonly string[]): Measurement | undefined {
  const [timeUs, algbwGBs, busbwGBs] = columns.slice(0, 3).map(Number);
  const wrong = columns[3];
  if (wrong === undefined || ![timeUs, algbwGBs, busbwGBs].every(Number.isFinite)) return undefined;
  return {
    timeUs: timeUs!,
    algbwGBs: algbwGBs!,
    busbwGBs: busbwGBs!,
    wrong: wrong === notAvailable ? undefined : Number(wrong),
  };
}

/** The numbers from `from` on, as many as make one or two measurements, with or without a root. */
function numbersAt(words: readonly string[], from: number): string[] {
  let to = from;
  while (to < words.length && to < from + 9 && isNumber(words[to]!)) to++;
  const count = to - from;
  const usable = [9, 8, 5, 4].find((columns) => columns <= count) ?? 0;
  return words.slice(from, from + usable);
}

function isCount(word: string): boolean {
  return /^\d{1,16}$/.test(word);
}

function isName(word: string): boolean {
  return /^[a-z]\w*$/.test(word);
}

function isNumber(word: string): boolean {
  return word === notAvailable || /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word);
}
