/**
 * One system a data folder. The lock is a listening socket named after the folder's inode: the kernel frees it with the
 * process, kill -9 included, and two starts at the same moment cannot both have it. On Linux the name lives in the
 * abstract namespace and leaves no file; elsewhere it is a file beside the temporary files.
 */
import { createHash } from "node:crypto";
import { statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartError, systemCode } from "./start-error.ts";

/** Resolves with the way to free the lock. Throws StartError naming the holder where another process has it. */
export async function lockData(dataFolder: string): Promise<() => void> {
  const { dev, ino } = statSync(dataFolder, { bigint: true });
  const id = createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 24);
  const path = process.platform === "linux" ? `\0lockstep-${id}` : join(tmpdir(), `lockstep-${id}.sock`);

  for (let attempt = 0; attempt < 2; attempt++) {
    const server = await listen(path);
    if (server !== undefined) return () => server.close();
    const holder = await askHolder(path);
    if (holder !== undefined) {
      throw new StartError(
        `${dataFolder} is in use by another Lockstep (process ${holder}): stop that one, or give this one another folder with --data`,
      );
    }
    // A file left behind by a killed process, where sockets are files.
    if (!path.startsWith("\0")) unlinkSync(path);
  }
  throw new StartError(`${dataFolder} is in use by another Lockstep that is just stopping: try again`);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(String(process.pid));
    });
    server.unref();
    server.once("error", (error) => (systemCode(error) === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen({ path }, () => resolve(server));
  });
}

/** The holder's process id, "unknown" for one that does not answer in a second, undefined when there is none. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ path });
    socket.setTimeout(1_000, () => {
      socket.destroy();
      resolve("unknown");
    });
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("end", () => resolve(answer === "" ? "unknown" : answer));
    socket.on("error", () => resolve(undefined));
  });
}
