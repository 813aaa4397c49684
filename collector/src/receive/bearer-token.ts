import { createHash, timingSafeEqual } from "node:crypto";

export type BearerToken = string;

/** True where no token is required, or the header carries it. Compared in constant time. An empty token lets none in. */
export function isAuthorized(token: BearerToken | undefined, header: string | undefined): boolean {
  if (token === undefined) return true;
  const given = /^Bearer +(.+)$/i.exec(header ?? "")?.[1] ?? "";
  if (given === "") return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
