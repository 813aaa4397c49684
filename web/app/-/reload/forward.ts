import { processEnv } from "@lockstep/schemas/process/env";
import { isLoopback } from "../../../auth/loopback.ts";

/** A collector reads its files and starts anew on them in far less. */
const LIMIT_MS = 30_000;
const ANY_ADDRESS = new Set(["0.0.0.0", "::", ""]);

/** Has the collector read its configuration again; gives its status and text, or 502 where it does not answer. */
export async function forwardReload(
  env: Readonly<Record<string, string | undefined>>,
  token: string | undefined,
): Promise<Response> {
  const place = processEnv.pick({ LOCKSTEP_HOST: true, LOCKSTEP_RECEIVE_PORT: true }).parse(env);
  const host = place.LOCKSTEP_HOST;
  const reachable = isLoopback(host) || ANY_ADDRESS.has(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const plain = { "content-type": "text/plain; charset=utf-8" };
  try {
    const answer = await fetch(`http://${reachable}:${place.LOCKSTEP_RECEIVE_PORT}/-/reload`, {
      method: "POST",
      headers,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return new Response(await answer.text(), { status: answer.status, headers: plain });
  } catch (error) {
    const reason =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    const text = `the collector does not answer on port ${place.LOCKSTEP_RECEIVE_PORT} (${reason}); nothing was reloaded\n`;
    return new Response(text, { status: 502, headers: plain });
  }
}
