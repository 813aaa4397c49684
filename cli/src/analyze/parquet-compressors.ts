/** The codecs of Parquet that Node brings; hyparquet itself reads Snappy and uncompressed pages. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Compressors } from "hyparquet";

export const compressors: Compressors = {
  GZIP: (page, length) => gunzipSync(page, { maxOutputLength: length }),
  BROTLI: (page, length) => brotliDecompressSync(page, { maxOutputLength: length }),
  ZSTD: (page, length) => zstdDecompressSync(page, { maxOutputLength: length }),
};
