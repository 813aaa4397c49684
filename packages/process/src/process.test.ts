import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../testdata/child.ts", import.meta.url));

type End = { code: number | null; stdout: string; stderr: string };

/** Runs the child, sends each signal as soon as the text before it has shown on stdout, and waits for the end. */
function run(environment: Record<string, string>, steps: { after: string; signal: NodeJS.Signals }[] = []) {
  return new Promise<End>((resolve) => {
    const child = spawn(process.execPath, [script], { env: { PATH: process.env["PATH"], ...environment } });
    let stdout = "";
    let stderr = "";
    const pending = [...steps];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      while (pending[0] !== undefined && stdout.includes(pending[0].after)) child.kill(pending.shift()?.signal);
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const data = { LOCKSTEP_DATA: "unused" };

describe("runProcess", () => {
  const table: { name: string; env: Record<string, string>; code: number; stderr: RegExp }[] = [
    {
      name: "a bad configuration ends with 78",
      env: { ...data, MODE: "bad-config" },
      code: 78,
      stderr: /^child: targets.yml:3:1/,
    },
    { name: "an environment that does not parse ends with 78", env: {}, code: 78, stderr: /LOCKSTEP_DATA/ },
    {
      name: "a failed start ends with 1",
      env: { ...data, MODE: "bad-start" },
      code: 1,
      stderr: /^child: cannot listen/,
    },
    { name: "an unhandled rejection ends with 1", env: { ...data, MODE: "crash" }, code: 1, stderr: /lost its way/ },
  ];
  test.each(table)("$name", async ({ env, code, stderr }) => {
    const end = await run(env);
    expect(end.code).toBe(code);
    expect(end.stderr).toMatch(stderr);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("says ready, and %s stops it with 0", async (signal) => {
    const end = await run(data, [{ after: "ready child\n", signal }]);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout).toContain('"msg":"stopped"');
  });

  test("SIGHUP reloads, and a refused reload changes nothing", async () => {
    const end = await run({ ...data, MODE: "bad-reload" }, [
      { after: "ready child\n", signal: "SIGHUP" },
      { after: "reload refused", signal: "SIGTERM" },
    ]);
    expect(end.code).toBe(0);
  });

  test("a second signal ends a stop that hangs", async () => {
    const end = await run({ ...data, MODE: "hang" }, [
      { after: "ready child\n", signal: "SIGTERM" },
      { after: '"msg":"stopping"', signal: "SIGTERM" },
    ]);
    expect(end.code).toBe(1);
  });
});
