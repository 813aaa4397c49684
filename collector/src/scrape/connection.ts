/**
 * One kept connection to one origin, one request at a time. All plain sockets read into one shared buffer: the bytes
 * are parsed within the read callback, so nothing is allocated or copied per page (measured: Node's own client costs
 * two to three times as much CPU a page).
 */
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type ResponseEvents, ResponseReader } from "./response-reader.ts";
import { ScrapeError } from "./scrape-error.ts";

const SHARED_READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

export type Origin = {
  readonly host: string;
  readonly port: number;
  /** Present: TLS with these options. */
  readonly tls: ConnectionOptions | undefined;
};

type Exchange = { request: string; events: ResponseEvents; retried: boolean; fail(error: Error): void };

export class Connection {
  readonly #origin: Origin;
  #socket: Socket | undefined;
  #reader = new ResponseReader();
  #used = false;
  #exchange: Exchange | undefined;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends `request` (a whole HTTP/1.1 head) and calls `events`; `fail` at most once, and then no event after it. */
  send(request: string, events: ResponseEvents, fail: (error: Error) => void): void {
    const exchange: Exchange = { request, fail, retried: false, events: { ...events, end: () => this.#end(events) } };
    this.#exchange = exchange;
    this.#transmit(exchange);
  }

  #transmit(exchange: Exchange): void {
    const socket = this.#socket ?? this.#open();
    this.#reader.begin(exchange.events);
    socket.write(exchange.request);
  }

  #end(events: ResponseEvents): void {
    this.#exchange = undefined;
    this.#used = true;
    if (!this.#reader.reusable) this.close();
    events.end();
  }

  #open(): Socket {
    const { host, port, tls } = this.#origin;
    this.#reader = new ResponseReader();
    this.#used = false;
    const onData = (bytes: Buffer) => this.#onData(socket, bytes);
    const onread = {
      buffer: SHARED_READ_BUFFER,
      callback: (length: number, buffer: Uint8Array) => {
        onData(buffer.length === length ? (buffer as Buffer) : (buffer.subarray(0, length) as Buffer));
        return true;
      },
    };
    const socket = tls === undefined ? connectTcp({ host, port, onread }) : connectTls({ host, port, ...tls });
    if (tls !== undefined) socket.on("data", onData);
    socket.setNoDelay(true);
    socket.on("error", (error) => this.#broken(socket, error));
    socket.on("close", () => this.#broken(socket, undefined));
    this.#socket = socket;
    return socket;
  }

  #onData(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#broken(socket, error as Error);
    }
  }

  #broken(socket: Socket, error: Error | undefined): void {
    if (socket !== this.#socket) return;
    const exchange = this.#exchange;
    const proper = error === undefined && exchange !== undefined && this.#reader.close();
    if (proper) return;
    const stale = this.#used && this.#reader.untouched && exchange?.retried === false;
    this.#drop();
    if (exchange === undefined) return;
    if (stale) {
      // The target closed a kept connection at the moment we used it again: not its fault, so once more.
      exchange.retried = true;
      this.#transmit(exchange);
      return;
    }
    this.#exchange = undefined;
    exchange.fail(asScrapeError(error));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  /** Gives up the request under way, without a call of its `fail`. */
  close(): void {
    this.#exchange = undefined;
    this.#drop();
  }
}

/** Errors of the page's own reading pass as they are; the socket's become "connect". */
function asScrapeError(error: Error | undefined): Error {
  if (error === undefined) return new ScrapeError("protocol", "connection closed before the page was whole");
  if (error instanceof ScrapeError || !("code" in error)) return error;
  return new ScrapeError("connect", error.message, { cause: error });
}
