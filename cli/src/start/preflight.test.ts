import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockData } from "./data-lock.ts";
import { checkPorts, checkToken, freePort, isLoopback, prepareDataFolder } from "./preflight.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-preflight-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("data folder", () => {
  test("is made for the owner only", () => {
    prepareDataFolder(join(folder, "a/b"));
    for (const name of ["", "logs", "secrets", "run"]) {
      expect(statSync(join(folder, "a/b", name)).mode & 0o777).toBe(0o700);
    }
  });

  test("that cannot be made is refused", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => prepareDataFolder(join(folder, "file/data"))).toThrow(/cannot write the data folder .*--data DIR/);
  });
});

describe("ports", () => {
  test("one in use is refused with its option", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const use = { port, use: "the pages", option: "--port" };
    await expect(checkPorts("127.0.0.1", [use])).rejects.toThrow(`port ${port} for the pages is in use`);
    await new Promise((resolve) => server.close(resolve));
    await checkPorts("127.0.0.1", [use]);
  });

  test("the same one twice is refused", async () => {
    const port = await freePort();
    const uses = ["--port", "--receive-port"].map((option) => ({ port, use: option, option }));
    await expect(checkPorts("127.0.0.1", uses)).rejects.toThrow(`port ${port} is asked for twice`);
  });

  test("an address of another machine is refused", async () => {
    const use = { port: await freePort(), use: "the pages", option: "--port" };
    await expect(checkPorts("192.0.2.1", [use])).rejects.toThrow("--host must be an address of this machine");
  });
});

describe("token", () => {
  test.each(["127.0.0.1", "127.8.0.1", "::1", "localhost"])("%s needs none", (host) => {
    expect(isLoopback(host)).toBe(true);
    checkToken(host, undefined);
  });
  test.each(["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org"])("%s needs one", (host) => {
    expect(() => checkToken(host, undefined)).toThrow(/without a token/);
  });

  const table: { name: string; content: string | undefined; message: RegExp | undefined }[] = [
    { name: "missing", content: undefined, message: /cannot read the token file .*it does not exist/ },
    { name: "empty", content: "\n", message: /has 0 characters, at least 16/ },
    { name: "short", content: "0123456789abcde\n", message: /has 15 characters/ },
    { name: "good", content: "0123456789abcdef\n", message: undefined },
  ];
  test.each(table)("a token file that is $name", ({ content, message }) => {
    const file = join(folder, "token");
    if (content !== undefined) writeFileSync(file, content);
    const run = () => checkToken("0.0.0.0", file);
    if (message === undefined) run();
    else expect(run).toThrow(message);
  });
});

describe("lock", () => {
  test("holds until it is freed", async () => {
    const unlock = await lockData(folder);
    await expect(lockData(folder)).rejects.toThrow(`in use by another Lockstep (process ${process.pid})`);
    unlock();
    (await lockData(folder))();
  });

  test("two starts at the same moment: one of them", async () => {
    const results = await Promise.allSettled([lockData(folder), lockData(folder)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const result of results) if (result.status === "fulfilled") result.value();
  });
});
