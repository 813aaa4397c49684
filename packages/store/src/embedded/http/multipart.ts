/** multipart/form-data as @clickhouse/client writes it: text parts, each with a name. RFC 7578. */

/** The boundary of a Content-Type header; undefined where it is another type. */
export function multipartBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^multipart\/form-data\b/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** Name and value of every part in order; undefined where the body is not such a form. Parts with a file name are refused. */
export function parseMultipart(body: Buffer, boundary: string): [string, string][] | undefined {
  const delimiter = Buffer.from(`--${boundary}`);
  if (body.indexOf(delimiter) !== 0) return undefined;
  const separator = Buffer.concat([Buffer.from("\r\n"), delimiter]);
  const parts: [string, string][] = [];
  let at = delimiter.length;
  while (body.toString("latin1", at, at + 2) === "\r\n") {
    const end = body.indexOf(separator, at);
    const headEnd = body.indexOf("\r\n\r\n", at);
    if (end === -1 || headEnd === -1 || headEnd > end) return undefined;
    const head = body.toString("utf8", at, headEnd);
    const name = /;\s*name="([^"]*)"/i.exec(head)?.[1];
    if (name === undefined || /;\s*filename\*?=/i.test(head)) return undefined;
    parts.push([name, body.toString("utf8", headEnd + 4, end)]);
    at = end + separator.length;
  }
  return body.toString("latin1", at, at + 2) === "--" ? parts : undefined;
}
