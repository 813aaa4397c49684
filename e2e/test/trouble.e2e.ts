/** What a person gets when the machine is not as it should be: one clear line and no damage. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { NumberedExporter } from "../src/exporter.ts";
import { numberOf, queryInstant } from "../src/prometheus-api.ts";
import { startSystem } from "../src/system.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-trouble-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const empty = { config: "scrape_configs: []\n" };

/** The one line a start that is refused says. */
async function refusal(options: Parameters<typeof startSystem>[0]): Promise<{ code: number | null; line: string }> {
  const system = await startSystem(options);
  const code = await system.ended;
  const lines = system.output.trimEnd().split("\n");
  expect(lines, system.output).toHaveLength(1);
  await system.stop();
  return { code, line: lines[0] ?? "" };
}

describe("a start is refused", () => {
  test("when the data folder cannot be written", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const { code, line } = await refusal({ ...empty, data: join(file, "data") });
    expect(code).toBe(1);
    expect(line).toBe(
      `lockstep: cannot write the data folder ${file}/data: a part of the path is a file; give another one with --data DIR`,
    );
  });

  test("when the port is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { code, line } = await refusal({ ...empty, args: ["--port", String(port)] });
    server.close();
    expect(code).toBe(1);
    expect(line).toBe(
      `lockstep: port ${port} for the pages is in use by another program; choose another one with --port N`,
    );
  });

  test("when others could come in without a token", async () => {
    const { code, line } = await refusal({ ...empty, args: ["--host", "0.0.0.0"] });
    expect(code).toBe(1);
    expect(line).toContain("--host 0.0.0.0 would let others in without a token");
  });

  test("when the token is too short", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "secret\n");
    const { code, line } = await refusal({ ...empty, args: ["--host", "0.0.0.0", "--token-file", file] });
    expect(code).toBe(1);
    expect(line).toContain(`the token in ${file} has 6 characters, at least 16 are needed`);
  });

  test("when the configuration is wrong", async () => {
    const { code, line } = await refusal({ config: "scrape_configs:\n  - job_name: a\n    scrape_intervall: 5s\n" });
    expect(code).toBe(78);
    expect(line).toMatch(/prometheus\.yml:3:5 scrape_configs\[0\].*scrape_intervall/);
  });

  test("when an option is unknown", async () => {
    const { code, line } = await refusal({ ...empty, args: ["--prot", "1"] });
    expect(code).toBe(2);
    expect(line).toContain("'--prot'");
  });
});

test("a second start on the same data is refused and leaves the first alone", async () => {
  const first = await startSystem({ ...empty, data: join(folder, "data") });
  await first.ready();
  const { code, line } = await refusal({ ...empty, data: first.data });
  expect(code).toBe(1);
  expect(line).toContain(`is in use by another Lockstep (process ${first.pid})`);
  expect((await fetch(`${first.url}/-/healthy`)).status).toBe(200);
  await first.stop();

  const again = await startSystem({ ...empty, data: first.data });
  await again.ready();
  await again.stop();
});

describe("on a small disk", () => {
  const mount = (size: string) =>
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]).status === 0;
  const unmount = () => spawnSync("umount", [folder]);

  test("a disk that is nearly full is refused", async ({ skip }) => {
    if (!mount("64m")) return skip("a tmpfs cannot be mounted here (needs root)");
    try {
      const { code, line } = await refusal({ ...empty, data: join(folder, "data") });
      expect(code).toBe(1);
      expect(line).toMatch(/the disk of .* is nearly full: 6\d MiB free, at least 256 MiB needed/);
    } finally {
      unmount();
    }
  });

  test("a disk that fills up while it runs loses nothing that was kept, and goes on when there is room", async ({
    skip,
  }) => {
    if (!mount("400m")) return skip("a tmpfs cannot be mounted here (needs root)");
    const exporter = new NumberedExporter();
    const address = await exporter.listen();
    const config = `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs: [{ job_name: a, static_configs: [{ targets: ["${address}"] }] }]\n`;
    const system = await startSystem({ config, data: join(folder, "data") });
    try {
      await system.ready();
      const stored = async () => numberOf((await queryInstant(system.url, "numbered_page"))[0]?.value[1] ?? "0");
      const ballast = join(folder, "ballast");
      spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1M", "count=400"]);
      await new Promise((resolve) => setTimeout(resolve, 15_000));
      expect(system.pids().length).toBeGreaterThan(0);

      rmSync(ballast);
      const after = exporter.served.at(-1)?.sequence ?? 0;
      await expect.poll(stored, { timeout: 60_000, interval: 500 }).toBeGreaterThan(after);

      const store = system.store();
      const [row] = await store.read({
        name: "e2e_doubled_samples",
        sql: "SELECT count() AS doubled FROM (SELECT series, ts FROM samples GROUP BY series, ts HAVING count() > 1)",
        params: {},
        row: z.object({ doubled: z.coerce.number() }),
      });
      await store.close();
      expect(row?.doubled).toBe(0);
    } finally {
      await system.stop();
      await exporter.close();
      unmount();
    }
  }, 150_000);
});
