import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ResponseReader } from "./response-reader.ts";
import { ScrapeError } from "./scrape-error.ts";

type Read = { events: string[]; reusable: boolean; error: string | undefined };

/** Feeds `text` in pieces cut at `cuts`, each wiped after the call; then the peer closes, where `close` says so. */
function read(text: string, { cuts = [], close = false }: { cuts?: readonly number[]; close?: boolean } = {}): Read {
  const bytes = Buffer.from(text, "latin1");
  const reader = new ResponseReader();
  const events: string[] = [];
  let body = "";
  reader.begin({
    head: ({ status, reason }) => events.push(`${status} ${reason}`.trim()),
    body: (chunk) => {
      body += chunk.toString("latin1");
    },
    end: () => events.push(body, "end"),
  });
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  let error: string | undefined;
  try {
    for (let i = 1; i < edges.length; i++) {
      const piece = Buffer.from(bytes.subarray(edges[i - 1], edges[i]));
      reader.push(piece);
      piece.fill(0x21);
    }
    if (close && !reader.close()) error = "cut short";
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ScrapeError);
    expect((thrown as ScrapeError).code).toBe("protocol");
    error = (thrown as Error).message;
  }
  return { events, reusable: reader.reusable, error };
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const LONG = "x".repeat(70_000);

const good: { name: string; text: string; close?: boolean; events: string[]; reusable: boolean }[] = [
  {
    name: "a length",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na 1",
    events: ["200 OK", "a 1", "end"],
    reusable: true,
  },
  {
    name: "length 0",
    text: "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n",
    events: ["200 OK", "", "end"],
    reusable: true,
  },
  { name: "no reason", text: "HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n", events: ["500", "", "end"], reusable: true },
  { name: "204", text: "HTTP/1.1 204 No Content\r\n\r\n", events: ["204 No Content", "", "end"], reusable: true },
  {
    name: "304",
    text: "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
    events: ["304 Not Modified", "", "end"],
    reusable: true,
  },
  {
    name: "until close",
    text: "HTTP/1.1 200 OK\r\n\r\na 1\nb 2\n",
    close: true,
    events: ["200 OK", "a 1\nb 2\n", "end"],
    reusable: false,
  },
  {
    name: "HTTP/1.0",
    text: "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\na 1",
    events: ["200 OK", "a 1", "end"],
    reusable: false,
  },
  {
    name: "connection: close",
    text: "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\na",
    events: ["200 OK", "a", "end"],
    reusable: false,
  },
  {
    name: "close in a list",
    text: "HTTP/1.1 200 OK\r\nConnection: upgrade, close\r\nContent-Length: 1\r\n\r\na",
    events: ["200 OK", "a", "end"],
    reusable: false,
  },
  {
    name: "chunked",
    text: `${CHUNKED}3\r\na 1\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    events: ["200 OK", "a 10123456789", "end"],
    reusable: true,
  },
  {
    name: "chunk extensions",
    text: `${CHUNKED}3;a=b;c="d"\r\na 1\r\n2 ; x\r\nbc\r\n000;last\r\n\r\n`,
    events: ["200 OK", "a 1bc", "end"],
    reusable: true,
  },
  {
    name: "trailers",
    text: `${CHUNKED}1\r\na\r\n0\r\nExpires: never\r\nX: 3\r\n\r\n`,
    events: ["200 OK", "a", "end"],
    reusable: true,
  },
  { name: "an empty chunked body", text: `${CHUNKED}0\r\n\r\n`, events: ["200 OK", "", "end"], reusable: true },
  {
    name: "chunked beats length",
    text: `HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    events: ["200 OK", "a", "end"],
    reusable: true,
  },
  {
    name: "informational heads",
    text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    events: ["200 OK", "a", "end"],
    reusable: true,
  },
];

const bad: { name: string; text: string; close?: boolean; events: string[]; error: RegExp }[] = [
  {
    name: "another protocol",
    text: "SSH-2.0-OpenSSH_9.6\r\n\r\n",
    events: [],
    error: /found "SSH-2.0-OpenSSH_9.6", expected HTTP\/1.1/,
  },
  { name: "HTTP/2", text: "HTTP/2 200\r\n\r\n", events: [], error: /expected HTTP\/1.1/ },
  { name: "no status", text: "HTTP/1.1 OK\r\n\r\n", events: [], error: /expected HTTP\/1.1/ },
  { name: "an endless head", text: `HTTP/1.1 200 OK\r\nX: ${LONG}`, events: [], error: /head longer than 65536 bytes/ },
  {
    name: "a long head",
    text: `HTTP/1.1 200 OK\r\nX: ${LONG}\r\nContent-Length: 0\r\n\r\n`,
    events: [],
    error: /head longer than 65536 bytes/,
  },
  {
    name: "a length that is none",
    text: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    events: ["200 OK"],
    error: /content-length "-1"/,
  },
  {
    name: "two lengths in one",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\n",
    events: ["200 OK"],
    error: /content-length/,
  },
  { name: "a chunk size that is none", text: `${CHUNKED}zz\r\n`, events: ["200 OK"], error: /chunk size "zz"/ },
  { name: "a negative chunk size", text: `${CHUNKED}-1\r\n`, events: ["200 OK"], error: /chunk size "-1"/ },
  {
    name: "a chunk size beyond all bounds",
    text: `${CHUNKED}fffffffffffff\r\n`,
    events: ["200 OK"],
    error: /chunk size/,
  },
  {
    name: "a chunk longer than its size",
    text: `${CHUNKED}1\r\nab\r\n`,
    events: ["200 OK"],
    error: /longer than its size/,
  },
  { name: "an endless chunk line", text: `${CHUNKED}1;${LONG}`, events: ["200 OK"], error: /chunk line too long/ },
  {
    name: "bytes after the end",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc",
    events: ["200 OK", "a", "end"],
    error: /after the end of the response/,
  },
  { name: "closed in the head", text: "HTTP/1.1 200 OK\r\n", close: true, events: [], error: /cut short/ },
  {
    name: "closed in a counted body",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    close: true,
    events: ["200 OK"],
    error: /cut short/,
  },
  { name: "closed in a chunk", text: `${CHUNKED}9\r\nabc`, close: true, events: ["200 OK"], error: /cut short/ },
  {
    name: "closed before the last chunk",
    text: `${CHUNKED}1\r\na\r\n`,
    close: true,
    events: ["200 OK"],
    error: /cut short/,
  },
];

describe("responses", () => {
  test.each(good)("$name", ({ text, close = false, events, reusable }) => {
    expect(read(text, { close })).toEqual({ events, reusable, error: undefined });
  });
});

describe("what is no response, or not all of one", () => {
  test.each(bad)("$name", ({ text, close = false, events, error }) => {
    const found = read(text, { close });
    expect(found.error).toMatch(error);
    expect(found.events).toEqual(events);
  });
});

/** How much came after the end depends on how it is cut; everything else may not. */
const withoutCounts = ({ error, ...rest }: Read) => ({ ...rest, error: error?.replace(/^[0-9]+ bytes/, "bytes") });

test("however the bytes are cut, the same is read", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...good, ...bad),
      fc.array(fc.nat(), { maxLength: 12 }),
      ({ text, close = false }, at) => {
        const cuts = at.map((cut) => cut % (text.length + 1));
        expect(withoutCounts(read(text, { cuts, close }))).toEqual(withoutCounts(read(text, { close })));
      },
    ),
    { numRuns: 500 },
  );
});

test.each(good)("byte by byte: $name", ({ text, close = false, events }) => {
  expect(read(text, { cuts: Array.from(text, (_, i) => i), close }).events).toEqual(events);
});

test("damaged bytes are a ScrapeError or a response, never another error", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...good), damage, ({ text }, changes) => {
      const bytes = Buffer.from(text, "latin1");
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      read(bytes.toString("latin1"), { close: true });
    }),
    { numRuns: 2000 },
  );
});

test("untouched until the first byte, also where that byte is no HTTP", () => {
  const reader = new ResponseReader();
  reader.begin({ head: () => {}, body: () => {}, end: () => {} });
  expect(reader.untouched).toBe(true);
  expect(() => reader.push(Buffer.from("garbage\r\n\r\n"))).toThrow(ScrapeError);
  expect(reader.untouched).toBe(false);
});

test("one connection carries one response after another", () => {
  const reader = new ResponseReader();
  for (const body of ["a", "", "bc"]) {
    const seen: string[] = [];
    reader.begin({ head: () => {}, body: (chunk) => seen.push(chunk.toString()), end: () => seen.push("end") });
    reader.push(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    expect(seen.join(" ").trim()).toBe(`${body} end`.trim());
    expect(reader.reusable).toBe(true);
  }
});
