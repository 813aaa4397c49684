import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRecord } from "./parse-record.ts";
import { RecordScanner } from "./scan-record.ts";
import { coll, header, metadata, p2p, verbose } from "./testdata/records.ts";

describe("the scanner reads what JSON.parse reads", () => {
  const samples = [{ coll_perf: coll }, { coll_perf: verbose }, { p2p_perf: p2p }].map((perf) =>
    JSON.stringify({ header, metadata, ...perf }),
  );
  const context = { header, metadata };
  const bare = JSON.stringify({ coll_perf: coll });

  test("it reads all usual forms itself", () => {
    const scanner = new RecordScanner("j");
    scanner.context = context;
    for (const each of [...samples, ...samples, bare]) {
      const bytes = Buffer.from(each);
      expect(scanner.scan(bytes, 0, bytes.length)).toEqual(parseRecord("j", each, context).read);
      expect(scanner.scan(bytes, 0, bytes.length)).toBeDefined();
    }
  });

  const pieces = [
    '"coll_sn":1,',
    '"dump_timestamp_us":5,',
    "}",
    "{",
    '"',
    ",",
    "\\",
    "\\u0063",
    "é",
    "00",
    "-",
    ".5",
    "e3",
    " ",
    "nan",
    '"nan"',
    "null",
    "[]",
    ":",
    '"events":[]',
    '"rank":1,',
    '"pid":2',
    "\u007f",
    "\u0000",
  ];
  const place = fc.noBias(fc.nat(9999)).map((part) => part / 10_000);
  const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 }));
  const anywhere = fc
    .tuple(place, fc.integer({ min: 0, max: 30 }), piece)
    .map(([at, removed, piece]) => (text: string) => {
      const from = Math.floor(at * text.length);
      return text.slice(0, from) + piece + text.slice(from + removed);
    });
  const values = fc.oneof(fc.constantFrom("0", "-1", "1.0", "16", "1e3", "12345678901234567", "007"), fc.json());
  const otherValue = fc.tuple(place, values).map(([at, value]) => (text: string) => {
    const found = [...text.matchAll(/(?<=:)("[^"]*"|[\d.]+)/g)];
    const { index, 0: old } = found[Math.floor(at * found.length)] ?? { index: 0, 0: "" };
    return text.slice(0, index) + value + text.slice(index + old.length);
  });
  const key = fc.constantFrom("x", "coll_sn", "coll_algo", "rank", "coll_busbw_gbs", "hostname", "event_trace_ts");
  const otherMember = fc.tuple(place, key, values).map(([at, key, value]) => (text: string) => {
    const found = [...text.matchAll(/[,{](?=")/g)];
    const index = (found[Math.floor(at * found.length)]?.index ?? 0) + 1;
    return `${text.slice(0, index)}"${key}":${value},${text.slice(index)}`;
  });
  const change = fc.oneof(anywhere, otherValue, otherMember);

  test("or nothing at all, however a line is changed", () => {
    const scanner = new RecordScanner("j");
    scanner.context = context;
    let read = 0;
    const property = fc.property(
      fc.constantFrom(...samples, bare),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (line, changes) => {
        const changed = changes.reduce((text, change) => change(text), line);
        const bytes = Buffer.from(`x${changed}y`);
        const scanned = scanner.scan(bytes, 1, bytes.length - 1);
        if (scanned === undefined) return;
        read++;
        expect(scanned).toEqual(parseRecord("j", changed, context).read);
      },
    );
    fc.assert(property, { numRuns: 20_000 });
    expect(read).toBeGreaterThan(1000);
  });

  test("and with other values", () => {
    const scanner = new RecordScanner("j");
    const number = fc.oneof(
      fc.nat(),
      fc.maxSafeNat(),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.constant("nan"),
    );
    const values = fc.record({
      coll: fc.string(),
      coll_sn: number,
      coll_msg_size_bytes: number,
      coll_exec_time_us: number,
    });
    const heads = fc.record({ id: fc.string(), rank: number, n_ranks: number });
    fc.assert(
      fc.property(values, heads, fc.boolean(), (perf, head, usual) => {
        const text = JSON.stringify({ header: usual ? header : head, metadata, coll_perf: perf });
        const bytes = Buffer.from(text);
        const scanned = scanner.scan(bytes, 0, bytes.length);
        if (scanned !== undefined) expect(scanned).toEqual(parseRecord("j", text, undefined).read);
      }),
      { numRuns: 2000 },
    );
  });
});
