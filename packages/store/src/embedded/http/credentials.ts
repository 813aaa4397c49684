/** Who asks: the three ways ClickHouse's HTTP interface takes user and password. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export type Credentials = { readonly user: string; readonly password: string };

/** The first way that is used counts; without any, user `default` with an empty password. */
export function credentialsOf(headers: IncomingHttpHeaders, parameters: URLSearchParams): Credentials {
  const basic = /^Basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(headers.authorization ?? "")?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return colon === -1
      ? { user: text, password: "" }
      : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const [user, key] = [headers["x-clickhouse-user"], headers["x-clickhouse-key"]];
  if (user !== undefined || key !== undefined) return { user: String(user ?? "default"), password: String(key ?? "") };
  return { user: parameters.get("user") ?? "default", password: parameters.get("password") ?? "" };
}

/** Takes the same time wherever the two differ. */
export function sameCredentials(found: Credentials, expected: Credentials): boolean {
  const user = timingSafeEqual(digest(found.user), digest(expected.user));
  const password = timingSafeEqual(digest(found.password), digest(expected.password));
  return user && password;
}

/** Of equal length whatever the text, as timingSafeEqual asks. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
