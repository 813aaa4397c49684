import fc from "fast-check";
import { expect, test } from "vitest";
import { multipartBoundary, parseMultipart } from "./multipart.ts";

const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

test.each([
  ["multipart/form-data; boundary=abc", "abc"],
  ['Multipart/Form-Data; charset=x; boundary="a b"', "a b"],
  ["multipart/form-data", undefined],
  ["text/plain; boundary=abc", undefined],
  [undefined, undefined],
])("the boundary of %s", (type, expected) => {
  expect(multipartBoundary(type)).toBe(expected);
});

test("parts come back as they went out", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ unit: "grapheme" }))), (parts) => {
      const body = Buffer.from(`${parts.map(([name, value]) => part(name, value)).join("")}--b--\r\n`);
      if (parts.some(([, value]) => value.includes("\r\n--b"))) return;
      expect(parseMultipart(body, "b")).toEqual(parts);
    }),
  );
});

test.each([
  ["cut", `${part("a", "1")}--b`],
  ["nothing", ""],
  ["no name", "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--"],
  ["a file", '--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n1\r\n--b--'],
  ["another boundary", part("a", "1").replaceAll("--b", "--c")],
])("%s is no form", (_, body) => {
  expect(parseMultipart(Buffer.from(body), "b")).toBeUndefined();
});
