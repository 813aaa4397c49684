/** An exporter that numbers its pages and keeps its own record of what it served. */
import { createServer, type Server, type ServerResponse } from "node:http";

/** Values of a page besides its number; each names the page it belongs to. */
export const VALUES_PER_PAGE = 10;

export type ServedPage = { readonly sequence: number; readonly at: number };

export class NumberedExporter {
  readonly #server: Server;
  /** Pages whose last byte was handed to the connection. */
  readonly served: ServedPage[] = [];
  /** Pages whose connection broke before that. */
  readonly broken: ServedPage[] = [];
  #next = 1;

  constructor() {
    this.#server = createServer((_request, response) => this.#serve(response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
    return `127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(response: ServerResponse): void {
    const page = { sequence: this.#next++, at: Date.now() };
    let complete = false;
    response.on("finish", () => {
      complete = true;
      this.served.push(page);
    });
    response.on("close", () => {
      if (!complete) this.broken.push(page);
    });
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(pageText(page.sequence));
  }
}

/** `numbered_page` is the page's number, `numbered_value{line="i"}` its number times 1000, plus i. */
export function pageText(sequence: number): string {
  const lines = ["# TYPE numbered_page counter", `numbered_page ${sequence}`, "# TYPE numbered_value gauge"];
  for (let line = 0; line < VALUES_PER_PAGE; line++) {
    lines.push(`numbered_value{line="${line}"} ${sequence * 1000 + line}`);
  }
  return `${lines.join("\n")}\n`;
}
