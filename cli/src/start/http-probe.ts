/** Asks a page of this system whether it answers. */
import { readFileSync } from "node:fs";
import { get } from "node:http";

const ANSWER_LIMIT_MS = 2_000;

export type Probe = { readonly host: string; readonly port: number; readonly tokenFile: string | undefined };

export type Answer = { readonly ok: boolean /** The first line, at most 200 characters. */; readonly said: string };

/** `ok` for a 200. Anything else, an answer that takes over 2 s included, is not. Never rejects. */
export function answersOk(probe: Probe, path: string): Promise<Answer> {
  const headers =
    probe.tokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(probe.tokenFile, "utf8").trim()}` };
  return new Promise((resolve) => {
    const request = get(
      { host: reachable(probe.host), port: probe.port, path, headers, agent: false, timeout: ANSWER_LIMIT_MS },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          if (text.length < 200) text += chunk;
        });
        response.on("close", () => resolve({ ok: response.statusCode === 200, said: firstLine(text) }));
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", (error) => resolve({ ok: false, said: error.message }));
  });
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, 200);
}

/** A listener on every address is asked on loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

/** The host as it stands in an address, brackets around IPv6. */
export function authority(host: string): string {
  const reached = reachable(host);
  return reached.includes(":") ? `[${reached}]` : reached;
}

export function addressOf(host: string, port: number): string {
  return `http://${authority(host)}:${port}`;
}
