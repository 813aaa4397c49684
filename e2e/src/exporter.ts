/** An exporter that numbers its pages and keeps its own record of what it served. */
import { createServer, type Server, type ServerResponse } from "node:http";

export type ServedPage = { readonly sequence: number; readonly at: number };

export type NumberedExporterOptions = {
  /** Values of a page besides its number, at most 999; each names the page it belongs to. */
  readonly valuesPerPage?: number;
  /** Where given, every line carries a timestamp, this long ago. */
  readonly agoMs?: number;
};

export const VALUES_PER_PAGE = 10;

export class NumberedExporter {
  readonly #server: Server;
  readonly #options: NumberedExporterOptions;
  /** Pages whose last byte was handed to the connection. */
  readonly served: ServedPage[] = [];
  /** Pages whose connection broke before that. */
  readonly broken: ServedPage[] = [];
  #next = 1;

  constructor(options: NumberedExporterOptions = {}) {
    this.#options = options;
    this.#server = createServer((_request, response) => this.#serve(response));
  }

  /** Lines of a page, and so samples of it that are stored. */
  get samplesPerPage(): number {
    return (this.#options.valuesPerPage ?? VALUES_PER_PAGE) + 1;
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
    response.end(pageText(page.sequence, page.at, this.#options));
  }
}

/** `numbered_page` is the page's number, `numbered_value{line="i"}` its number times 1000, plus i. */
function pageText(sequence: number, now: number, { valuesPerPage = VALUES_PER_PAGE, agoMs }: NumberedExporterOptions) {
  const at = agoMs === undefined ? "" : ` ${now - agoMs}`;
  const lines = ["# TYPE numbered_page counter", `numbered_page ${sequence}${at}`, "# TYPE numbered_value gauge"];
  for (let line = 0; line < valuesPerPage; line++) {
    lines.push(`numbered_value{line="${line}"} ${sequence * 1000 + line}${at}`);
  }
  return `${lines.join("\n")}\n`;
}
