import fc from "fast-check";
import { expect, test } from "vitest";
import { CsvError, CsvRecords } from "./csv-records.ts";

type Read = { readonly fields: string[][]; readonly lines: number[] };

function read(text: string | Buffer, cuts: readonly number[] = [], delimiter = ","): Read {
  const bytes = Buffer.from(text);
  const found: Read = { fields: [], lines: [] };
  let current: string[] = [];
  const records = new CsvRecords(delimiter.charCodeAt(0), {
    field: (index, source, from, to) => {
      expect(index).toBe(current.length);
      current.push(Buffer.from(source.subarray(from, to)).toString("utf8"));
    },
    record: (fields, line) => {
      expect(fields).toBe(current.length);
      found.fields.push(current);
      found.lines.push(line);
      current = [];
    },
  });
  const edges = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < edges.length; i++) records.push(bytes.subarray(edges[i - 1], edges[i]));
  records.end();
  return found;
}

const table: { text: string; fields: string[][]; lines: number[] }[] = [
  {
    text: "a,b\n1,2\n",
    fields: [
      ["a", "b"],
      ["1", "2"],
    ],
    lines: [1, 2],
  },
  {
    text: "a,b\r\n1,2",
    fields: [
      ["a", "b"],
      ["1", "2"],
    ],
    lines: [1, 2],
  },
  { text: "a\n\n\r\nb\n", fields: [["a"], ["b"]], lines: [1, 4] },
  { text: ",\n", fields: [["", ""]], lines: [1] },
  { text: '"a,b","c ""d"""\n', fields: [["a,b", 'c "d"']], lines: [1] },
  { text: '"two\nlines",x\r\nlast', fields: [["two\nlines", "x"], ["last"]], lines: [1, 3] },
  {
    text: 'a,""\n"",b\n',
    fields: [
      ["a", ""],
      ["", "b"],
    ],
    lines: [1, 2],
  },
  { text: "0 - 20K €,é\n", fields: [["0 - 20K €", "é"]], lines: [1] },
];

test.each(table)("$text", ({ text, fields, lines }) => {
  expect(read(text)).toEqual({ fields, lines });
});

test.each([
  { text: 'a,"b\nc', line: 1, message: "never closed" },
  { text: 'a\n"b"c,d\n', line: 2, message: "behind a closing quote" },
])("refuses $text", ({ text, line, message }) => {
  try {
    read(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CsvError);
    expect((error as CsvError).line).toBe(line);
    expect((error as CsvError).message).toContain(message);
  }
});

test("what was written is read, wherever the chunks end", () => {
  const field = fc.string({ unit: fc.constantFrom(...'ab,"\n\r;é ') });
  const record = fc.array(field, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 6 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.constantFrom(",", ";"),
      (records, cuts, delimiter) => {
        const quoted = records.map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter));
        expect(read(quoted.map((line) => `${line}\r\n`).join(""), cuts, delimiter).fields).toEqual(records);
      },
    ),
  );
});

test("a quote that is never closed does not fill the memory", () => {
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  const records = new CsvRecords(44, { field: () => undefined, record: () => undefined });
  records.push(Buffer.from('"'));
  expect(() => {
    for (let i = 0; i < 8; i++) records.push(megabyte);
  }).toThrow(/more than 4 MB/);
});
