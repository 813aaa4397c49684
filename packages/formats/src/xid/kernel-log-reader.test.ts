import { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LineProblem } from "../collective-lines/line-problem.ts";
import type { XidEvent } from "./kernel-line.ts";
import { KernelLogReader } from "./kernel-log-reader.ts";

function readAll(text: string, uuids = new Map<string, string>()) {
  const events: { event: XidEvent; gpu: string | undefined }[] = [];
  const problems: LineProblem[] = [];
  const reader = new KernelLogReader({
    onEvent: (event, gpu) => events.push({ event, gpu }),
    onProblem: (problem) => problems.push(problem),
    uuids,
  });
  reader.push(Buffer.from(text));
  reader.end();
  return { events, problems, reader };
}

const uuid = "GPU-509665ad-b600-ac93-3616-d754b23d636d";

test("events get the UUID told before them", () => {
  const { events, reader } = readAll(
    `[1.0] NVRM: GPU at PCI:0000:9b:00: ${uuid}\n[2.0] NVRM: Xid (PCI:0000:9b:00): 79, x\n[3.0] NVRM: Xid (PCI:0000:9c:00): 48, y\n`,
  );
  expect(events.map(({ event, gpu }) => [event.code, gpu])).toEqual([
    [79, uuid],
    [48, undefined],
  ]);
  expect(readAll("NVRM: Xid (PCI:0000:9b:00): 79", new Map(reader.uuids)).events[0]!.gpu).toBe(uuid);
});

test("an error that cannot be read is told, other lines are not", () => {
  const { events, problems } = readAll(`hello\n[1.0] NVRM: Xid (PCI:0000:9b:00): garbled\n${"x".repeat(70_000)}\n`);
  expect(events).toEqual([]);
  expect(problems).toMatchObject([
    { line: 2, expected: "Xid (PCI:0000:9b:00): code, text" },
    { line: 3, found: "70000 bytes" },
  ]);
});

const folder = join(import.meta.dirname, "../../../../../shared/samples/xid_logs");

test("the recorded logs", ({ skip }) => {
  if (!existsSync(folder)) return skip(`not on this machine: ${folder}`);
  const found = readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const { events, problems } = readAll(text);
    expect([name, problems]).toEqual([name, []]);
    expect([name, events.length]).toEqual([name, text.split("\n").filter((line) => / S?Xid \(/.test(line)).length]);
    return events;
  });
  expect(found.length).toBe(5);
  for (const { event, gpu } of found) {
    expect([event.code, event.pci, gpu]).toEqual([119, "0000:9b:00", uuid]);
    expect(new Date(event.at!).toISOString()).toMatch(/^2025-02-23T16:(24|27|30):\d\d/);
  }
});
