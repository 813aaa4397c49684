/**
 * Damaged pages: the reader may refuse a page with PageError, and nothing else; it neither hangs nor grows.
 * LOCKSTEP_MUTATED_PAGES=1000000 makes a campaign of it.
 */
import { expect, test } from "vitest";
import { Reading } from "../../test/reading.ts";
import { PageError } from "./page.ts";

const PAGES = Number(process.env["LOCKSTEP_MUTATED_PAGES"] ?? 100_000);
const ALPHABET = Buffer.from('{}",=\\ \t\r\n#+-.0123456789eEaAN_:<\0\xff\xc3\xbcInf', "latin1");

const SEED_PAGE = Buffer.from(
  '# HELP DCGM_FI_DEV_GPU_TEMP t\n# TYPE DCGM_FI_DEV_GPU_TEMP gauge\nDCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-1"} 31\n' +
    'h_bucket{le="+Inf"} 1.5e+06 1395066363000\nx{a="b\\"c\\n"} -0.25\n',
);

/** mulberry32: a small seeded generator, so that a failure can be had again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mutate(random: () => number): Buffer {
  const page = Buffer.from(SEED_PAGE);
  const at = () => Math.floor(random() * page.length);
  const edits = 1 + Math.floor(random() * 4);
  for (let i = 0; i < edits; i++) {
    const kind = random();
    if (kind < 0.7) page[at()] = ALPHABET[Math.floor(random() * ALPHABET.length)]!;
    else if (kind < 0.85) page.copy(page, at(), at(), at());
    else return page.subarray(0, at());
  }
  return page;
}

test(`${PAGES} mutated pages`, { timeout: 240_000 }, () => {
  const random = generator(20_261_123);
  const reading = new Reading();
  let refused = 0;
  let bad = 0;
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < PAGES; i++) {
    const page = mutate(random);
    reading.block.reset();
    reading.reader.begin(i, reading.block);
    try {
      const cut = Math.floor(random() * page.length);
      reading.reader.feed(page.subarray(0, cut));
      reading.reader.feed(page.subarray(cut));
      bad += reading.reader.finish().badLines;
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      reading.reader.fail(i, reading.block);
      refused++;
    }
    reading.reader.sent(reading.reader.unsent.length);
    reading.names.clear();
  }
  // Both kinds of damage were met, and what the reader remembers of them is bounded.
  expect(bad).toBeGreaterThan(PAGES / 10);
  expect(refused).toBeGreaterThan(0);
  expect(reading.reader.remembered).toBeLessThan(5000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
});
