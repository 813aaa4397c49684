import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

/** The cookie of a browser that has logged in. */
export const SESSION_COOKIE = "lockstep_session";

/**
 * The token every request must show; undefined where none is configured. Read each time, so that a new one holds at
 * once. Throws where the file cannot be read or is empty: then nobody may enter.
 */
export function configuredToken(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const file = env["LOCKSTEP_TOKEN_FILE"];
  if (file === undefined || file === "") return undefined;
  const token = readFileSync(file, "utf8").trim();
  if (token === "") throw new Error(`${file} (LOCKSTEP_TOKEN_FILE) is empty, expected a token`);
  return token;
}

/** What the cookie holds: proof of the token, from which the token cannot be had. */
export function sessionOf(token: string): string {
  return createHmac("sha256", token).update("lockstep session 1").digest("base64url");
}

export function isSession(cookie: string | undefined, token: string): boolean {
  return cookie !== undefined && isSame(cookie, sessionOf(token));
}

export function isBearer(authorization: string | null, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1];
  return given !== undefined && isSame(given.trim(), token);
}

/** In a time that tells nothing of how far the two agree, or of their lengths. */
export function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
