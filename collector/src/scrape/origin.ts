import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { SecureVersion } from "node:tls";
import type { TlsConfig } from "@lockstep/config/config";
import type { Origin } from "./connection.ts";
import { ScrapeError } from "./scrape-error.ts";

/** Where `url` is served, with TLS as configured; certificate files are read when a connection is made. */
export async function originOf(url: URL, tls: TlsConfig | undefined): Promise<Origin> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { host, port, tls: secure ? await tlsOptions(host, tls) : undefined };
}

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

async function tlsOptions(host: string, config: TlsConfig | undefined): Promise<NonNullable<Origin["tls"]>> {
  const [ca, cert, key] = await Promise.all([
    config?.ca ?? pem(config?.caFile),
    config?.cert ?? pem(config?.certFile),
    config?.key ?? pem(config?.keyFile),
  ]);
  const servername = config?.serverName ?? (isIP(host) ? undefined : host);
  return {
    rejectUnauthorized: !config?.insecureSkipVerify,
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config?.minVersion === undefined ? {} : { minVersion: VERSIONS[config.minVersion]! }),
    ...(config?.maxVersion === undefined ? {} : { maxVersion: VERSIONS[config.maxVersion]! }),
  };
}

async function pem(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ScrapeError("credentials", `TLS file: ${(cause as Error).message}`, { cause });
  }
}
