import { isIP } from "node:net";

/** Whether a host name or address, without port, can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** The host of a Host header, without port and brackets; undefined where it is none. */
export function hostOf(header: string | null): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(header ?? "");
  return match?.[1] ?? match?.[2];
}
