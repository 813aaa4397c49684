import { expect, test } from "vitest";
import { parseSize } from "./size.ts";

test.each([
  ["0", 0],
  ["100B", 100],
  ["1KB", 1024],
  ["1KiB", 1024],
  ["512MB", 512 * 1024 ** 2],
  ["1.5GB", 1.5 * 1024 ** 3],
  ["1GB512MB", 1024 ** 3 + 512 * 1024 ** 2],
  [".5MB", 512 * 1024],
  ["1TiB", 1024 ** 4],
  ["100", undefined],
  ["", undefined],
  ["1gb", undefined],
  ["1 GB", undefined],
  ["-1KB", undefined],
  ["5K", undefined],
  ["8EB", undefined],
])("%s", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});
