import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reading } from "../../test/reading.ts";
import { PageError } from "./page.ts";

describe("values", () => {
  const good: [string, number][] = [
    ["0", 0],
    ["1", 1],
    ["-7", -7],
    ["-0", -0],
    ["-0.0", -0],
    ["03.0", 3],
    ["34.156000", 34.156],
    ["0.000001", 0.000001],
    [".5", 0.5],
    ["5.", 5],
    ["+2", 2],
    ["1e3", 1000],
    ["1.5e-7", 1.5e-7],
    ["1.8446744073709552e+19", 18446744073709552000],
    ["11300000000000000000", 11300000000000000000],
    ["9007199254740993", 9007199254740992],
    ["0.1234567890123456789", 0.12345678901234568],
    ["123456789.123456789", 123456789.12345679],
    ["5e-324", 5e-324],
    ["NaN", Number.NaN],
    ["nan", Number.NaN],
    ["+Inf", Infinity],
    ["-inf", -Infinity],
    ["Infinity", Infinity],
    ["100000000000000", 1e14],
    ["999999999999999", 999999999999999],
    ["0.000000000000000", 0],
  ];
  test.each(good)("%s", (text, value) => {
    const reading = new Reading();
    for (const round of [1, 2]) {
      const { rows, summary } = reading.page(`a ${text}\n`, round);
      expect(summary.badLines).toBe(0);
      expect(rows).toHaveLength(1);
      expect(rows[0]!.stale).toBe(false);
      expect(Object.is(rows[0]!.value, value)).toBe(true);
    }
  });

  test.each(["", "abc", "1_000", "0x1p4", "1e999", "--1", "1.2.3", "+nan", "1 2 3", "1 x", "1,5", "e5", "."])(
    "%j is no value",
    (text) => {
      const { rows, summary } = new Reading().page(`ok 1\na ${text}\n`);
      expect(rows).toHaveLength(1);
      expect(summary.badExamples.map(({ line }) => line)).toEqual([2]);
    },
  );

  test("every finite double survives its shortest text, at any decimals before it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
        const reading = new Reading();
        values.forEach((value, i) => {
          const text = Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "Inf");
          expect(Object.is(reading.page(`a ${text}\n`, i).rows[0]!.value, value)).toBe(true);
        });
      }),
    );
  });

  test("a series keeps the most decimals it has shown", () => {
    const reading = new Reading();
    const exponents = ["1", "1.250000", "3", "0.5", "9007199254740991"].map(
      (text, i) => reading.page(`a ${text}\n`, i).rows[0]!.exponent,
    );
    expect(exponents).toEqual([0, 2, 2, 2, 0]);
  });
});

describe("lines", () => {
  const lines: [string, string[]][] = [
    ["a 1", ["a{} 1"]],
    ["  a  1  ", ["a{} 1"]],
    ["a\t1", ["a{} 1"]],
    ["a{} 1", ["a{} 1"]],
    ["a{}1", ["a{} 1"]],
    ["a { } 1", ["a{} 1"]],
    ['a{b="c"} 1', ['a{b="c"} 1']],
    ['a{ b = "c" , d = "e" , } 1', ['a{b="c",d="e"} 1']],
    ['a{b="c",} 1', ['a{b="c"} 1']],
    ['a{b=""} 1', ["a{} 1"]],
    ['a{b="x\\"y\\\\z\\nw"} 1', ['a{b="x\\"y\\\\z\\nw"} 1']],
    ['a{b="C:\\path"} 1', ['a{b="C:\\\\path"} 1']],
    ['a{b="he said "hi" twice",c="d"} 1', ['a{b="he said \\"hi\\" twice",c="d"} 1']],
    ['a{b="{"x":"y"}",c="d"} 1', ['a{b="{\\"x\\":\\"y\\"}",c="d"} 1']],
    ['a{b="{"x":"y"}"} 1', ['a{b="{\\"x\\":\\"y\\"}"} 1']],
    ['a{b="ends in \\",c="d"} 1', ['a{b="ends in \\\\",c="d"} 1']],
    ['a{b="x}y"} 1', ['a{b="x}y"} 1']],
    ['a{b="ü€"} 1', ['a{b="ü€"} 1']],
    ['{"utf8.name",b="c"} 1', ['utf8.name{b="c"} 1']],
    ['{"utf8.name"} 1', ["utf8.name{} 1"]],
    ['a{"la.bel"="c"} 1', ['a{la.bel="c"} 1']],
    ["a:b_c1 1", ["a:b_c1{} 1"]],
    ["a 1\r", ["a{} 1"]],
    ["# a comment", []],
    ["#a 1", []],
    ["", []],
    ["   ", []],
    ['DCGM_X{gpu="0", UUID="u"} 9223372036854775794', []],
    ["DCGM_X 2147483633", []],
    ["DCGM_X 140737488355330.000000", []],
    ["DCGM_X ERROR - FAILED TO CONVERT TO STRING", []],
    ["DCGM_X <<<NULL>>>", []],
    ["x 2147483633", ["x{} 2147483633"]],
    ["x 9223372036854775794", ["x{} 9223372036854776000"]],
    ["DCGM_X 2147483636", ["DCGM_X{} 2147483636"]],
  ];
  test.each(lines)("%j", (line, expected) => {
    const reading = new Reading();
    for (const round of [1, 2]) {
      const { rows, summary } = reading.page(`${line}\n`, round);
      expect(reading.lines(rows)).toEqual(expected);
      expect(summary.badLines).toBe(0);
    }
  });

  const bad: [string, RegExp][] = [
    ["a", /column 2: found the end of the line, expected a value/],
    ["1a 1", /column 1: found "1a 1", expected a metric name/],
    ['a{gpu="0",...,b="c"} 1', /column 11: found "\.\.\.,b=.*expected a label name/],
    ['a{b="c" 1', /without its closing quote/],
    ['a{b="c",b="d"} 1', /label b stands twice/],
    ["a{b=c} 1", /expected a quoted label value/],
    ["a{b} 1", /"=" after label b/],
    ["{} 1", /expected a metric name/],
    ['{b="c"} 1', /expected a metric name/],
    ["<html>", /expected a metric name/],
  ];
  test.each(bad)("%j is bad, and the lines around it count", (line, message) => {
    const reading = new Reading();
    for (const round of [1, 2]) {
      const { rows, summary } = reading.page(`x 1\n${line}\ny 2\n`, round);
      expect(reading.lines(rows)).toEqual(["x{} 1", "y{} 2"]);
      expect(summary.badLines).toBe(1);
      expect(summary.badExamples[0]!.line).toBe(2);
      expect(summary.badExamples[0]!.message).toMatch(message);
    }
    expect(() => new Reading({ strict: true }).page(`x 1\n${line}\n`)).toThrow(PageError);
  });

  test("types and units of the families reach their series", () => {
    const reading = new Reading();
    reading.page('# TYPE h histogram\n# UNIT h seconds\nh_bucket{le="1"} 1\nh_sum 2\n# TYPE c counter\nc 1\nother 1\n');
    const told = reading.reader.unsent.map(({ resolved, type, unit }) => [resolved.labels.get("__name__"), type, unit]);
    expect(told).toEqual([
      ["h_bucket", "histogram", "seconds"],
      ["h_sum", "histogram", "seconds"],
      ["c", "counter", ""],
      ["other", "", ""],
    ]);
  });
});

describe("pages", () => {
  test("a page of which no line is a sample is refused", () => {
    expect(() => new Reading().page("<html>\n<body>\n")).toThrow(/none of 2 lines is a sample; line 1/);
    expect(new Reading().page("").summary.samples).toBe(0);
  });

  test("a page of mostly bad lines is given up early; many bad lines among more samples are not", () => {
    expect(() => new Reading().page(`a 1\n${"junk\n".repeat(1001)}`)).toThrow(/more than 1000 bad lines, 1 samples/);
    const mixed = Array.from({ length: 1500 }, (_, i) => `a{i="${i}"} 1\njunk\n`).join("");
    expect(new Reading().page(mixed).summary).toMatchObject({ samples: 1500, badLines: 1500 });
  });

  test("what is gone goes stale once, and comes back", () => {
    const reading = new Reading();
    const page = (text: string, ts: number) => reading.lines(reading.page(text, ts).rows);
    expect(page("a 1\nb 1\nc 1\n", 1)).toEqual(["a{} 1", "b{} 1", "c{} 1"]);
    expect(page("a 1\nc 1\n", 2)).toEqual(["a{} 1", "c{} 1", "b{} stale"]);
    expect(page("a 1\nc 1\n", 3)).toEqual(["a{} 1", "c{} 1"]);
    expect(page("a 1\nb 1\nc 1\n", 4)).toEqual(["a{} 1", "b{} 1", "c{} 1"]);
    expect(page("b 2\n", 5)).toEqual(["b{} 2", "a{} stale", "c{} stale"]);
    expect(page("", 6)).toEqual(["b{} stale"]);
    expect(page("", 7)).toEqual([]);
  });

  test("a failed scrape makes all of the last good page stale, once", () => {
    const reading = new Reading();
    reading.page("a 1\nb 1\n", 1);
    reading.block.reset();
    reading.reader.begin(2, reading.block);
    reading.reader.feed(Buffer.from("a 2\nnew 1\n")); // and then the connection broke
    expect(reading.lines(reading.fail(2))).toEqual(["a{} stale", "b{} stale"]);
    expect(reading.fail(3)).toEqual([]);
    expect(reading.lines(reading.page("a 3\nb 3\n", 4).rows)).toEqual(["a{} 3", "b{} 3"]);
  });

  test("a blank sentinel makes its series stale", () => {
    const reading = new Reading();
    reading.page("DCGM_T 40\nDCGM_U 1\n", 1);
    expect(reading.lines(reading.page("DCGM_T 2147483632\nDCGM_U 1\n", 2).rows)).toEqual([
      "DCGM_U{} 1",
      "DCGM_T{} stale",
    ]);
  });

  test("samples with a time stamp of their own keep it, do not go stale, and are not repeated", () => {
    const reading = new Reading();
    const first = reading.page("a 1 123456\n", 1);
    expect(first.rows[0]!.ts).toBe(123456);
    expect(reading.page("a 1 123456\n", 2).rows).toEqual([]);
    expect(reading.page("a 1 123457\n", 3).rows).toHaveLength(1);
    expect(reading.page("b 1\n", 4).rows).toHaveLength(1);
    expect(new Reading({ honorTimestamps: false }).page("a 1 123456\n", 7).rows[0]!.ts).toBe(7);
  });

  test("of a series that stands twice the first counts, whatever its spelling", () => {
    const reading = new Reading();
    const { rows, summary } = reading.page('a{b="c"} 1\na{b="c",d=""} 2\na{ b="c"} 3\n');
    expect(reading.lines(rows)).toEqual(['a{b="c"} 1']);
    expect(summary).toMatchObject({ samples: 3, kept: 1, duplicates: 2 });
  });

  test("bounds refuse the page", () => {
    expect(() => new Reading({ maxSamples: 2 }).page("a 1\nb 1\nc 1\n")).toThrow(/more than 2 samples/);
    expect(() => new Reading({ sampleLimit: 2 }).page("a 1\nb 1\nc 1\n")).toThrow(/sample limit exceeded/);
    const reading = new Reading({ maxLineBytes: 50 });
    const { rows, summary } = reading.page(`a 1\nb{c="${"x".repeat(200)}"} 1\nd 1\n`, 1, [20, 90, 100, 130]);
    expect(reading.lines(rows)).toEqual(["a{} 1", "d{} 1"]);
    expect(summary.badExamples[0]).toMatchObject({ line: 2 });
  });

  test("series that come and go are forgotten", () => {
    const reading = new Reading();
    for (let i = 0; i < 200; i++) {
      const page = Array.from({ length: 100 }, (_, j) => `a{run="${i}",j="${j}"} 1\n`).join("");
      reading.page(page, i);
    }
    expect(reading.reader.remembered).toBeLessThan(2500);
  });
});

const lineText = fc.oneof(
  fc.constantFrom('a{b="c"} 1', "a 2", 'a{b="d"} NaN', "# HELP a b", "# TYPE a gauge", "b 1.5", "b 2 77", "junk", ""),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\n", " ")),
);

test("pieces of any size, and any page before, read as the page in one piece by a fresh reader", () => {
  fc.assert(
    fc.property(fc.array(lineText), fc.array(lineText), fc.array(fc.nat(400)), (before, lines, cuts) => {
      const page = ["first 1", ...lines].join("\n");
      const whole = new Reading().page(page, 5);
      const other = new Reading();
      other.page(["first 1", ...before].join("\n"), 4);
      const pieced = other.page(page, 5, cuts);
      const told = ({ series, value, ts }: { series: bigint; value: number; ts: number }) => `${series} ${value} ${ts}`;
      const samples = pieced.rows.filter(({ stale }) => !stale).map(told);
      // A repeated sample with a time stamp of its own is left out where the page before had it.
      const expected = whole.rows.map(told).filter((row) => !row.endsWith(" 77") || samples.includes(row));
      expect(samples).toEqual(expected);
      expect(pieced.summary.badLines).toBe(whole.summary.badLines);
      expect(pieced.summary.samples).toBe(whole.summary.samples);
    }),
    { numRuns: 2000 },
  );
});
