/** How a target is asked: credentials, TLS and headers of a scrape config, with the checks Prometheus makes. */
import { isAbsolute, join } from "node:path";
import type { RawScrapeConfig } from "@lockstep/schemas/files/prometheus-yml";
import type { Authorization, BasicAuth, HttpHeader, TlsConfig } from "./config.ts";
import { childPath } from "./problem.ts";
import { present, type Report } from "./report.ts";

export type HttpClient = {
  readonly basicAuth?: BasicAuth;
  readonly authorization?: Authorization;
  readonly tls?: TlsConfig;
  readonly httpHeaders: ReadonlyMap<string, HttpHeader>;
};

/** Headers that the scrape sets itself. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "accept-encoding",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "user-agent",
  "www-authenticate",
  "x-prometheus-remote-read-version",
  "x-prometheus-remote-write-version",
  "x-prometheus-scrape-timeout-seconds",
]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function resolveHttpClient(raw: RawScrapeConfig, path: string, directory: string, report: Report): HttpClient {
  checkOneKind(raw, path, report);
  const basicAuth = resolveBasicAuth(raw.basic_auth, `${path}.basic_auth`, directory, report);
  const authorization =
    resolveAuthorization(raw.authorization, `${path}.authorization`, directory, report) ??
    resolveBearer(raw, directory);
  const tls = resolveTls(raw.tls_config, `${path}.tls_config`, directory, report);
  return {
    ...(basicAuth && { basicAuth }),
    ...(authorization && { authorization }),
    ...(tls && { tls }),
    httpHeaders: resolveHeaders(raw, `${path}.http_headers`, directory, report),
  };
}

/** A path in a config file counts from the file's folder. */
export function joinDirectory(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

function checkOneKind(raw: RawScrapeConfig, path: string, report: Report): void {
  const kinds = [
    raw.basic_auth !== undefined && "basic_auth",
    raw.authorization !== undefined && "authorization",
    raw.oauth2 !== undefined && "oauth2",
    Boolean(raw.bearer_token) && "bearer_token",
    Boolean(raw.bearer_token_file) && "bearer_token_file",
  ].filter((kind) => kind !== false);
  if (kinds.length > 1) {
    const found = kinds.join(" and ");
    report.error(`${path}.${kinds[1]}`, "more than one way to authenticate", { found, expected: "one of them" });
  }
}

/** Prometheus takes an empty text for one that is not there. */
function given(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

type Pair = { readonly value: string | undefined; readonly file: string | undefined };

/** One of `name` and `name_file`. */
function valueOrFile(
  raw: Record<string, unknown>,
  name: string,
  path: string,
  directory: string,
  report: Report,
): Pair {
  const value = given(raw[name] as string | undefined);
  const file = given(raw[`${name}_file`] as string | undefined);
  if (value !== undefined && file !== undefined) {
    const expected = `one of ${name} and ${name}_file`;
    report.error(`${path}.${name}_file`, `both ${name} and ${name}_file are set`, { expected });
  }
  return { value, file: file === undefined ? undefined : joinDirectory(directory, file) };
}

function resolveBasicAuth(
  raw: RawScrapeConfig["basic_auth"],
  path: string,
  directory: string,
  report: Report,
): BasicAuth | undefined {
  if (raw === undefined) {
    return undefined;
  }
  const username = valueOrFile(raw, "username", path, directory, report);
  const password = valueOrFile(raw, "password", path, directory, report);
  return {
    ...(username.value !== undefined && { username: username.value }),
    ...(username.file !== undefined && { usernameFile: username.file }),
    ...(password.value !== undefined && { password: password.value }),
    ...(password.file !== undefined && { passwordFile: password.file }),
  };
}

function resolveAuthorization(
  raw: RawScrapeConfig["authorization"],
  path: string,
  directory: string,
  report: Report,
): Authorization | undefined {
  if (raw === undefined) {
    return undefined;
  }
  const type = given(raw.type?.trim()) ?? "Bearer";
  if (type.toLowerCase() === "basic") {
    report.error(`${path}.type`, "authorization does not do Basic", { expected: "basic_auth for that" });
  }
  const credentials = valueOrFile(raw, "credentials", path, directory, report);
  return {
    type,
    ...(credentials.value !== undefined && { credentials: credentials.value }),
    ...(credentials.file !== undefined && { credentialsFile: credentials.file }),
  };
}

/** The older spelling of authorization. */
function resolveBearer(raw: RawScrapeConfig, directory: string): Authorization | undefined {
  const credentials = given(raw.bearer_token);
  const file = given(raw.bearer_token_file);
  if (credentials !== undefined) {
    return { type: "Bearer", credentials };
  }
  return file === undefined ? undefined : { type: "Bearer", credentialsFile: joinDirectory(directory, file) };
}

function resolveTls(
  raw: RawScrapeConfig["tls_config"],
  path: string,
  directory: string,
  report: Report,
): TlsConfig | undefined {
  if (raw === undefined) {
    return undefined;
  }
  const ca = valueOrFile(raw, "ca", path, directory, report);
  const cert = valueOrFile(raw, "cert", path, directory, report);
  const key = valueOrFile(raw, "key", path, directory, report);
  const hasCert = (cert.value ?? cert.file) !== undefined;
  const hasKey = (key.value ?? key.file) !== undefined;
  if (hasCert !== hasKey) {
    const [has, lacks] = hasCert ? ["certificate", "key or key_file"] : ["key", "cert or cert_file"];
    report.error(path, `a client ${has} without its other half`, { expected: lacks });
  }
  const { min_version: minVersion, max_version: maxVersion } = raw;
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion) {
    report.error(`${path}.max_version`, "max_version is below min_version", {
      found: `${minVersion} to ${maxVersion}`,
    });
  }
  const serverName = given(raw.server_name);
  return {
    ...(ca.value !== undefined && { ca: ca.value }),
    ...(ca.file !== undefined && { caFile: ca.file }),
    ...(cert.value !== undefined && { cert: cert.value }),
    ...(cert.file !== undefined && { certFile: cert.file }),
    ...(key.value !== undefined && { key: key.value }),
    ...(key.file !== undefined && { keyFile: key.file }),
    ...(serverName !== undefined && { serverName }),
    insecureSkipVerify: raw.insecure_skip_verify ?? false,
    ...(minVersion !== undefined && { minVersion }),
    ...(maxVersion !== undefined && { maxVersion }),
  };
}

function resolveHeaders(
  raw: RawScrapeConfig,
  path: string,
  directory: string,
  report: Report,
): ReadonlyMap<string, HttpHeader> {
  const headers = new Map<string, HttpHeader>();
  for (const [name, header] of raw.http_headers ?? []) {
    if (!HEADER_NAME.test(name)) {
      report.error(childPath(path, name), "invalid header name");
    } else if (RESERVED_HEADERS.has(name.toLowerCase())) {
      report.error(childPath(path, name), "this header is set by the scrape itself and cannot be configured");
    }
    headers.set(name, {
      values: present(header.values).map(([, value]) => value),
      secrets: present(header.secrets).map(([, value]) => value),
      files: present(header.files).map(([, file]) => joinDirectory(directory, file)),
    });
  }
  return headers;
}
