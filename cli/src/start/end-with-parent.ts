/**
 * Loaded into every child before its own code (`node --import`). The supervisor holds the other end of stdin: when the
 * supervisor is gone, however it went, stdin ends, and the child stops as if it had been told to.
 */
import { isMainThread } from "node:worker_threads";

const END_LIMIT_MS = 5_000;

// Threads and grandchildren inherit the --import; only the supervisor's own child has its stdin on that pipe.
if (isMainThread && process.ppid === Number(process.env["LOCKSTEP_SUPERVISOR_PID"])) {
  const end = () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), END_LIMIT_MS).unref();
  };
  process.stdin.on("end", end).on("error", end).resume();
  // The watch alone must not keep a child alive that has nothing left to do. The typings leave out that a pipe has unref.
  (process.stdin as { unref?: () => void }).unref?.();
}
