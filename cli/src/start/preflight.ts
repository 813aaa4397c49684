/** What is checked before anything is started. Each check returns, or throws a StartError of one line. */
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { StartError, systemCode } from "./start-error.ts";

/** Below this ClickHouse cannot merge and the spool cannot buffer. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;
const SHORTEST_TOKEN = 16;

const reasons: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
  ENOENT: "it does not exist",
  EISDIR: "it is a folder",
};

function reasonOf(error: unknown): string {
  const code = systemCode(error);
  return (code !== undefined && reasons[code]) || (error instanceof Error ? error.message : String(error));
}

/** Creates the folder and those in it, for the owner only, and proves that it can be written. */
export function prepareDataFolder(folder: string): void {
  try {
    for (const name of ["", "logs", "secrets", "run"]) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    const probe = join(folder, "run", `probe-${process.pid}`);
    writeFileSync(probe, "probe");
    rmSync(probe);
  } catch (error) {
    throw new StartError(
      `cannot write the data folder ${folder}: ${reasonOf(error)}; give another one with --data DIR`,
      { cause: error },
    );
  }
}

export function checkFreeSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder, { bigint: true });
  const free = Number(bavail * bsize);
  if (free >= LEAST_FREE_BYTES) return;
  throw new StartError(
    `the disk of ${folder} is nearly full: ${mebibytes(free)} free, at least ${mebibytes(LEAST_FREE_BYTES)} needed; make room, or give another folder with --data DIR`,
  );
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}

export type PortUse = {
  readonly port: number;
  readonly use: string;
  readonly option: string;
  /** Where it is not the host of all the others. */
  readonly host?: string;
};

/** Each port must be free on its host; 0 (any free one) always is. */
export async function checkPorts(everyHost: string, ports: readonly PortUse[]): Promise<void> {
  for (const [index, { port, use, option, host = everyHost }] of ports.entries()) {
    if (port === 0) continue;
    const twin = ports.slice(0, index).find((other) => other.port === port);
    if (twin !== undefined) {
      throw new StartError(
        `port ${port} is asked for twice: for ${twin.use} (${twin.option}) and for ${use} (${option})`,
      );
    }
    const code = await tryListen(host, port);
    if (code === undefined) continue;
    if (code === "EADDRINUSE") {
      throw new StartError(`port ${port} for ${use} is in use by another program; choose another one with ${option} N`);
    }
    if (code === "EACCES")
      throw new StartError(
        `port ${port} for ${use} may not be opened by this user; choose one above 1023 with ${option} N`,
      );
    throw new StartError(
      `cannot listen on ${host}:${port} for ${use} (${code}): --host must be an address of this machine`,
    );
  }
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no address")),
      );
    });
  });
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** A listener that others can reach needs a token, and a token file that is named must hold one. */
export function checkToken(host: string, tokenFile: string | undefined): void {
  if (tokenFile === undefined) {
    if (isLoopback(host)) return;
    throw new StartError(
      `--host ${host} would let others in without a token: name a file that holds one (\`lockstep: {token_file: FILE}\` in the configuration, or --token-file FILE), or leave out --host`,
    );
  }
  let token: string;
  try {
    accessSync(tokenFile, constants.R_OK);
    token = readFileSync(tokenFile, "utf8").trim();
  } catch (error) {
    throw new StartError(`cannot read the token file ${tokenFile}: ${reasonOf(error)}`, { cause: error });
  }
  if (token.length < SHORTEST_TOKEN) {
    throw new StartError(
      `the token in ${tokenFile} has ${token.length} characters, at least ${SHORTEST_TOKEN} are needed: \`openssl rand -hex 32 > ${tokenFile}\` makes a good one`,
    );
  }
}
