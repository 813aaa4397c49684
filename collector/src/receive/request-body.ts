/** A request's body as a whole, unpacked, within bounds. */
import type { IncomingMessage } from "node:http";
import { gunzip } from "node:zlib";

export class BodyError extends Error {
  override readonly name = "BodyError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Rejects with BodyError: 413 where it is longer than `maxBytes`, packed or not, 415 where it is packed otherwise than gzip. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new BodyError(415, `found content-encoding ${encoding}, expected gzip or none`);
  }
  const body = await bytesOf(request, maxBytes);
  return encoding === "gzip" ? unpack(body, maxBytes) : body;
}

/** By events: an iterator over the chunks costs a small post more than all else that is done to read it. */
function bytesOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      request.removeAllListeners("data");
      request.pause();
      reject(new BodyError(413, `found more than ${maxBytes} bytes; send them in several posts`));
    });
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once("error", reject);
    request.once("close", () => {
      if (!request.complete) reject(new BodyError(400, "the connection ended within the body"));
    });
  });
}

function unpack(packed: Buffer, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(packed, { maxOutputLength: maxBytes }, (error, body) => {
      if (error === null) return resolve(body);
      const tooLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
      const message = tooLong
        ? `found more than ${maxBytes} bytes unpacked`
        : `the gzip body is damaged: ${error.message}`;
      reject(new BodyError(tooLong ? 413 : 400, message));
    });
  });
}
