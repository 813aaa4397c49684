/** Texts as protocol 0 writes them: with escapes. undefined where they are not well-formed. */

const simpleEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** `'...'` or `"..."` with Python's escapes. */
export function quotedText(line: string): string | undefined {
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || !line.endsWith(quote)) return undefined;
  return line
    .slice(1, -1)
    .replaceAll(
      /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g,
      (whole, hex?: string, octal?: string, one?: string) => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        return simpleEscapes[one ?? ""] ?? whole;
      },
    );
}

/** Python's raw-unicode-escape: everything but \uXXXX and \UXXXXXXXX stands for itself. */
export function rawUnicode(line: string): string | undefined {
  let valid = true;
  const text = line.replaceAll(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? "", 16);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    valid = false;
    return "";
  });
  return valid ? text : undefined;
}
