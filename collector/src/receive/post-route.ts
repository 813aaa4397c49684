/** What all posts have in common: bounds, the body, and an answer in the sender's form whatever happens. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LogError } from "@lockstep/log/log";
import { BodyError, readBody } from "./request-body.ts";

export type PostAnswer = { readonly status: number; readonly type: string; readonly content: string | Uint8Array };

export type PostRoute = {
  /** Of a body, packed or not. */
  readonly maxBytes: number;
  take(body: Buffer, request: IncomingMessage): Promise<PostAnswer>;
  /** Of what was not taken. */
  refusal(status: number, message: string, request: IncomingMessage): PostAnswer;
};

/** Held in memory at once, of all routes together. */
const MAX_POSTS = 256;
const MAX_HELD_BYTES = 192 * 2 ** 20;
const RETRY_AFTER_SECONDS = "5";

export function jsonAnswer(status: number, content: object): PostAnswer {
  return { status, type: "application/json", content: `${JSON.stringify(content)}\n` };
}

export function idempotencyKey({ headers }: IncomingMessage): string | undefined {
  const key = headers["idempotency-key"];
  return typeof key === "string" && key !== "" ? key : undefined;
}

export class Posts {
  #posts = 0;
  #heldBytes = 0;

  /** Answers whatever happens; never rejects. */
  async answer(route: PostRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, content } = await this.#take(route, request);
    // A body that was not read to its end would be taken for the next request.
    if (!request.complete) response.setHeader("connection", "close");
    if (status === 503) response.setHeader("retry-after", RETRY_AFTER_SECONDS);
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(content) }).end(content);
  }

  async #take(route: PostRoute, request: IncomingMessage): Promise<PostAnswer> {
    const refusal = (status: number, message: string) => route.refusal(status, message, request);
    if (request.method !== "POST") return refusal(405, "Send it with POST.");
    const bytes = expectedBytes(request, route.maxBytes);
    if (this.#posts >= MAX_POSTS || (this.#posts > 0 && this.#heldBytes + bytes > MAX_HELD_BYTES)) {
      return refusal(503, `${this.#posts} posts are under way; send it again later`);
    }
    this.#posts++;
    this.#heldBytes += bytes;
    try {
      return await route.take(await readBody(request, route.maxBytes), request);
    } catch (error) {
      if (error instanceof BodyError) return refusal(error.status, error.message);
      if (error instanceof LogError) {
        return refusal(503, `the log takes no more at the moment (${error.message}); send it again later`);
      }
      return refusal(500, error instanceof Error ? error.message : String(error));
    } finally {
      this.#posts--;
      this.#heldBytes -= bytes;
    }
  }
}

/** What is packed may unpack to the most that is taken. */
function expectedBytes({ headers }: IncomingMessage, maxBytes: number): number {
  const told = Number(headers["content-length"] ?? Number.NaN);
  return headers["content-encoding"] === undefined && told <= maxBytes ? told : maxBytes;
}
