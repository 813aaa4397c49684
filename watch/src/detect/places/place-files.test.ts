import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PlaceFiles } from "./place-files.ts";

function folder() {
  const path = mkdtempSync(join(tmpdir(), "lockstep-places-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  let changes = 0;
  const write = (name: string, text: string) => {
    writeFileSync(join(path, name), text);
    // Two writes may fall into one tick of the file system's clock.
    utimesSync(join(path, name), 1_700_000_000, 1_700_000_000 + changes++);
  };
  return { path, write };
}

const GPU = { uuid: "GPU-1", mig: undefined, node: "node-1", index: 0, pci: undefined, model: undefined };

test("files are read again when they changed, and the last good content stands", async () => {
  const { path, write } = folder();
  const said: string[] = [];
  write("prometheus.yml", "lockstep:\n  topology_file: topology.json\n  mapping_file: mapping.yml\n");
  write("topology.json", '{"ranks": [{"rank": 0, "node": "node-1", "gpu": "GPU-1"}]}');
  write("mapping.yml", "- node: node-1\n  job: train-a\n");
  const files = new PlaceFiles(join(path, "prometheus.yml"), (problem) => said.push(problem));
  const first = await files.read();
  expect(first.topology).toMatchObject([{ rank: 0, gpu: "GPU-1" }]);
  expect(first.mapping!.of(GPU)).toEqual({ job: "train-a" });
  expect((await files.read()).mapping).toBe(first.mapping);

  write("topology.json", '{"ranks": [{"rank": "zero"}]}');
  write("mapping.yml", "- node: node-1\n  job: [\n");
  for (let i = 0; i < 3; i++) expect((await files.read()).topology).toMatchObject([{ rank: 0 }]);
  expect(said).toHaveLength(2);
  expect(said[0]).toContain('topology.json, ranks[0].rank: found "zero", expected a whole number from 0; what it said');
  expect(said[1]).toContain("mapping.yml:");
  expect(files.problems).toEqual(said);

  write("mapping.yml", "- node: node-1\n  job: train-b\n");
  expect((await files.read()).mapping!.of(GPU)).toEqual({ job: "train-b" });
  expect(files.problems).toHaveLength(1);

  write("prometheus.yml", "lockstep:\n  mapping_file: mapping.yml\n");
  expect((await files.read()).topology).toBeUndefined();
  expect(files.problems).toEqual([]);
});

test("a file that is not there yet is said once, and read when it comes", async () => {
  const { path, write } = folder();
  const said: string[] = [];
  write("prometheus.yml", "lockstep:\n  mapping_file: mapping.yml\n");
  const files = new PlaceFiles(join(path, "prometheus.yml"), (problem) => said.push(problem));
  await files.read();
  await files.read();
  expect(said).toEqual([`${join(path, "mapping.yml")}: no such file`]);
  write("mapping.yml", "- gpu: GPU-1\n  job: late\n");
  expect((await files.read()).mapping!.of(GPU)).toEqual({ job: "late" });
});

test("a configuration that cannot be used changes nothing", async () => {
  const { path, write } = folder();
  const said: string[] = [];
  write("prometheus.yml", "lockstep:\n  mapping_file: mapping.yml\n");
  write("mapping.yml", "- gpu: GPU-1\n  job: a\n");
  const files = new PlaceFiles(join(path, "prometheus.yml"), (problem) => said.push(problem));
  await files.read();
  write("prometheus.yml", "lockstep: [\n");
  expect((await files.read()).mapping!.of(GPU)).toEqual({ job: "a" });
  await files.read();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("the files it named before are used meanwhile");
});

test("without a configuration there are no files", async () => {
  expect(await new PlaceFiles(undefined, () => {}).read()).toEqual({ topology: undefined, mapping: undefined });
});
