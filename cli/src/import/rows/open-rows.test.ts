import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { openRows } from "./open-rows.ts";
import { RowBlock } from "./row-block.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-rows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The columns of Native blocks as text, by name, and the lines. */
async function read(path: string, wanted: readonly string[]) {
  const source = await openRows("the file", path);
  const blocks: Buffer[] = [];
  let rows = 0;
  for await (const block of source.read({ wanted, block: () => new RowBlock(wanted, 3), onBytes: () => undefined })) {
    rows += block.rows;
    blocks.push(Buffer.concat(block.native()));
  }
  return { columns: source.columns, rows, ...(blocks[0] !== undefined && decoded(blocks[0])) };
}

/** Blocks of fewer than 128 rows and columns, whose texts are short: every number is a byte. */
function decoded(bytes: Buffer) {
  let at = 0;
  const text = () => {
    const length = bytes[at++]!;
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  const columns = bytes[at++]!;
  const rows = bytes[at++]!;
  const found: Record<string, (string | number)[]> = {};
  for (let i = 0; i < columns; i++) {
    const [name, type] = [text(), text()];
    const read = (width: number) => {
      at += width;
      return width === 2 ? bytes.readUInt16LE(at - width) : Number(bytes.readBigUInt64LE(at - width));
    };
    const value = { UInt16: () => read(2), UInt64: () => read(8) };
    found[name] = Array.from({ length: rows }, () => (value[type as keyof typeof value] ?? text)());
  }
  expect(at).toBe(bytes.length);
  return { found };
}

const CSV = 'when,price,"the name"\n2026-01-01,1.5,"a, b"\n\n2026-01-02,,c\n';

test.each([
  ["CSV", Buffer.from(CSV)],
  ["with a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(CSV)])],
  ["compressed", gzipSync(CSV)],
  ["with semicolons", Buffer.from('when;price;"the name"\n2026-01-01;1.5;"a, b"\n\n2026-01-02;;c\n')],
])("%s", async (name, content) => {
  expect(await read(file(name, content), ["the name", "when"])).toEqual({
    columns: ["when", "price", "the name"],
    rows: 2,
    found: { file: [3, 3], line: [2, 4], "the name": ["a, b", "c"], when: ["2026-01-01", "2026-01-02"] },
  });
});

test("JSON lines, a key that is absent, null and nested", async () => {
  const path = file("a.jsonl", '{"t":1,"x":true,"y":null}\n{"t":2,"z":{"a":[1]}}\n');
  const found = { file: [3, 3], line: [1, 2], t: ["1", "2"], x: ["true", ""], y: ["", ""], z: ["", '{"a":[1]}'] };
  expect(await read(path, ["t", "x", "y", "z"])).toEqual({ columns: ["t", "x", "y", "z"], rows: 2, found });
});

test.each([
  ["nothing", "", /empty file/],
  ["UTF-16", Buffer.from("\ufefft,x\n", "utf16le"), /UTF-16/],
  ["no text", Buffer.from([1, 0, 2]), /no text/],
  ["no names", "1,2\n3,4\n", /names of the columns/],
  ["two alike", "a,b,a\n", /two columns "a"/],
  ["a short line", "a,b\n1,2\n3\n", /line 3: found 1 fields, expected 2/],
  ["a cut gzip", gzipSync(CSV).subarray(0, 40), /gzip ends too early/],
  ["no JSON", '{"a":1}\n{"a":\n', /line 2: found .* expected one JSON object/],
  ["no object", '{"a":1}\n[1]\n', /line 2: .*expected a JSON object/],
  ["cut Parquet", "PAR1 and no more of it", /cannot be read as Parquet/],
])("refuses %s, and says where", async (name, content, expected) => {
  await expect(read(file(name, content), ["a"])).rejects.toThrow(expected);
});

test("large files become several blocks, each of them bounded", async () => {
  const lines = Array.from({ length: 150_000 }, (_, i) => `${i},x`);
  const source = await openRows("the file", file("large.csv", `a,b\n${lines.join("\n")}\n`));
  const sizes: number[] = [];
  for await (const block of source.read({
    wanted: ["a"],
    block: () => new RowBlock(["c0"], 0),
    onBytes: () => undefined,
  })) {
    sizes.push(block.rows);
  }
  expect(sizes).toEqual([65_536, 65_536, 18_928]);
});
