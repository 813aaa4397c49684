/**
 * Snappy's block format, which remote_write bodies come in: a varint with the length of the content, then literals and copies
 * of what was already written.
 */

export class SnappyError extends Error {
  override name = "SnappyError";
}

/** The content; `maxBytes`: longer is refused before anything is allocated. Throws SnappyError with the place of what is wrong. */
export function snappyContent(block: Uint8Array, maxBytes: number): Uint8Array {
  const { length, at: begin } = contentLength(block);
  if (length > maxBytes) throw new SnappyError(`found a content of ${length} bytes, expected at most ${maxBytes}`);
  const content = new Uint8Array(length);
  let at = begin;
  let written = 0;
  while (at < block.length) {
    const tag = block[at]!;
    const kind = tag & 3;
    let size: number;
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      need(block, at, 1 + extra);
      size = 1 + (extra === 0 ? tag >> 2 : littleEndian(block, at + 1, extra));
      at += 1 + extra;
      need(block, at, size);
      room(content, written, size, at);
      content.set(block.subarray(at, at + size), written);
      at += size;
    } else {
      const bytes = kind === 3 ? 4 : kind;
      need(block, at, 1 + bytes);
      size = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
      const offset = kind === 1 ? ((tag >> 5) << 8) | block[at + 1]! : littleEndian(block, at + 1, bytes);
      if (offset === 0 || offset > written) {
        throw new SnappyError(`byte ${at}: found a copy from ${offset} bytes back, expected 1 to ${written}`);
      }
      room(content, written, size, at);
      copy(content, written, offset, size);
      at += 1 + bytes;
    }
    written += size;
  }
  if (written !== length) throw new SnappyError(`found ${written} bytes of content, expected ${length} as it says`);
  return content;
}

function contentLength(block: Uint8Array): { length: number; at: number } {
  let length = 0;
  for (let at = 0; at < Math.min(5, block.length); at++) {
    length += (block[at]! & 0x7f) * 2 ** (7 * at);
    if (block[at]! < 0x80) {
      if (length > 0xffffffff) break;
      return { length, at: at + 1 };
    }
  }
  throw new SnappyError("byte 0: found no length of the content, expected a varint of up to 32 bits");
}

/** Where the copy overlaps what it writes, it repeats it. */
function copy(content: Uint8Array, to: number, offset: number, size: number): void {
  if (offset >= size) content.copyWithin(to, to - offset, to - offset + size);
  else for (let i = to; i < to + size; i++) content[i] = content[i - offset]!;
}

function littleEndian(block: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + block[at + i]!;
  return value;
}

function need(block: Uint8Array, at: number, bytes: number): void {
  if (at + bytes > block.length) {
    throw new SnappyError(`byte ${at}: found the end of the body, expected ${at + bytes - block.length} bytes more`);
  }
}

function room(content: Uint8Array, written: number, size: number, at: number): void {
  if (written + size > content.length) {
    throw new SnappyError(`byte ${at}: found more content than the ${content.length} bytes it says`);
  }
}
