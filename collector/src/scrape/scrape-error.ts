/** Why a scrape failed; `message` is what people read on *Targets*. */
export type ScrapeErrorCode = "connect" | "timeout" | "protocol" | "status" | "too_big" | "page" | "credentials";

export class ScrapeError extends Error {
  readonly code: ScrapeErrorCode;
  constructor(code: ScrapeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ScrapeError";
    this.code = code;
  }
}
