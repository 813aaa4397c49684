import { createHash, timingSafeEqual } from "node:crypto";

/** Whether an Authorization header carries `token`; compared in constant time. An empty token lets nobody in. */
export function carriesToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(header ?? "")?.[1]?.trim() ?? "";
  if (given === "") return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
