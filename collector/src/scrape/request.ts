/** The head of a scrape request, credentials included. */
import { readFile } from "node:fs/promises";
import type { HttpHeader, ScrapeConfig } from "@lockstep/config/config";
import { ScrapeError } from "./scrape-error.ts";

const ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1";

/**
 * A whole HTTP/1.1 GET head for `url`. Credential files are read each time, so that a rotated secret is used at once;
 * where there is none, the text is always the same. `credentials: false` leaves the secrets out (a redirect elsewhere).
 */
export async function requestHead(
  url: URL,
  scrape: ScrapeConfig,
  timeoutMs: number,
  credentials: boolean,
): Promise<string> {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "User-Agent: Lockstep/0.1",
    `Accept: ${ACCEPT}`,
    `X-Prometheus-Scrape-Timeout-Seconds: ${timeoutMs / 1000}`,
    ...(scrape.enableCompression ? ["Accept-Encoding: gzip"] : []),
    ...(credentials ? [...(await authorization(scrape)), ...(await extraHeaders(scrape.httpHeaders))] : []),
  ];
  for (const line of lines) checkHeader(line);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A line break in a secret would make headers of its own. */
function checkHeader(line: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (!/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) return;
  const name = line.slice(0, line.indexOf(":"));
  throw new ScrapeError("credentials", `header ${name}: found a line break or control character in its value`);
}

async function authorization({ basicAuth, authorization }: ScrapeConfig): Promise<string[]> {
  if (basicAuth !== undefined) {
    const user = basicAuth.usernameFile === undefined ? basicAuth.username : await secretIn(basicAuth.usernameFile);
    const password = basicAuth.passwordFile === undefined ? basicAuth.password : await secretIn(basicAuth.passwordFile);
    return [`Authorization: Basic ${Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64")}`];
  }
  if (authorization !== undefined) {
    const { type, credentials, credentialsFile } = authorization;
    const secret = credentialsFile === undefined ? credentials : await secretIn(credentialsFile);
    return [`Authorization: ${type} ${secret ?? ""}`];
  }
  return [];
}

async function extraHeaders(headers: ReadonlyMap<string, HttpHeader>): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, { values, secrets, files }] of headers) {
    for (const value of [...values, ...secrets]) lines.push(`${name}: ${value}`);
    for (const file of files) lines.push(`${name}: ${await secretIn(file)}`);
  }
  return lines;
}

async function secretIn(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new ScrapeError("credentials", `credentials file: ${(cause as Error).message}`, { cause });
  }
}
