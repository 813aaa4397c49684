import type { LockstepSection } from "@lockstep/config/config";
import { describe, expect, test } from "vitest";
import { readGiven, resolveOptions, type StartOptions } from "./options.ts";

const section: LockstepSection = {
  strict: false,
  retention: { rawMs: 1, fiveMinutesMs: 1, oneHourMs: 1 },
  spool: { maxBytes: 1 },
  port: 3003,
  receivePort: 4003,
  host: "127.0.0.3",
  data: "/from/section",
  tokenFile: "/token/section",
};

type Case = {
  name: string;
  argv: string[];
  env?: Record<string, string>;
  section?: LockstepSection;
  expected: Partial<StartOptions>;
};

describe("resolveOptions", () => {
  const table: Case[] = [
    {
      name: "defaults",
      argv: [],
      expected: {
        source: { kind: "demo" },
        data: "/root/data/demo-cluster",
        host: "127.0.0.1",
        port: 3000,
        receivePort: 4318,
        demoPort: 9400,
      },
    },
    { name: "no demo", argv: ["--no-demo"], expected: { source: { kind: "none" }, data: "/root/data" } },
    {
      name: "no demo by environment",
      argv: [],
      env: { LOCKSTEP_NO_DEMO: "1" },
      expected: { source: { kind: "none" } },
    },
    { name: "no demo switched off", argv: [], env: { LOCKSTEP_NO_DEMO: "0" }, expected: { source: { kind: "demo" } } },
    {
      name: "a file, relative to where the person stands",
      argv: ["--config", "my.yml", "--data=here"],
      expected: { source: { kind: "file", path: "/cwd/my.yml" }, data: "/cwd/here" },
    },
    {
      name: "the section over the default",
      argv: ["--config", "/a.yml"],
      section,
      expected: {
        port: 3003,
        receivePort: 4003,
        host: "127.0.0.3",
        data: "/from/section",
        tokenFile: "/token/section",
      },
    },
    {
      name: "the environment over the section",
      argv: ["--config", "/a.yml"],
      env: {
        LOCKSTEP_PORT: "3002",
        LOCKSTEP_RECEIVE_PORT: "4002",
        LOCKSTEP_HOST: "127.0.0.2",
        LOCKSTEP_DATA: "/env",
        LOCKSTEP_TOKEN_FILE: "/token/env",
      },
      section,
      expected: { port: 3002, receivePort: 4002, host: "127.0.0.2", data: "/env", tokenFile: "/token/env" },
    },
    {
      name: "a flag over the environment",
      argv: [
        "--port",
        "3001",
        "--receive-port=4001",
        "--host",
        "127.0.0.1",
        "--data",
        "/flag",
        "--token-file",
        "/token/flag",
      ],
      env: { LOCKSTEP_PORT: "3002", LOCKSTEP_RECEIVE_PORT: "4002", LOCKSTEP_HOST: "127.0.0.2", LOCKSTEP_DATA: "/env" },
      section,
      expected: { port: 3001, receivePort: 4001, host: "127.0.0.1", data: "/flag", tokenFile: "/token/flag" },
    },
    {
      name: "an empty variable is as good as none",
      argv: [],
      env: { LOCKSTEP_CONFIG: "", LOCKSTEP_PORT: "" },
      expected: { source: { kind: "demo" }, port: 3000 },
    },
  ];
  test.each(table)("$name", ({ argv, env = {}, section: given, expected }) => {
    expect(resolveOptions(readGiven(argv, env, "/cwd"), given, "/root")).toMatchObject(expected);
  });
});

describe("refused", () => {
  const table: { argv: string[]; env?: Record<string, string>; message: RegExp }[] = [
    { argv: ["--prot", "1"], message: /'--prot'.*--help/ },
    { argv: ["--port", "none"], message: /--port must be a port from 1 to 65535, found "none"/ },
    { argv: ["--port", "70000"], message: /found "70000"/ },
    { argv: ["extra"], message: /extra/ },
    { argv: [], env: { LOCKSTEP_NO_DEMO: "maybe" }, message: /LOCKSTEP_NO_DEMO must be 1 or 0, found "maybe"/ },
    { argv: [], env: { LOCKSTEP_PORT: "x" }, message: /--port must be a port/ },
  ];
  test.each(table)("$argv $env", ({ argv, env = {}, message }) => {
    expect(() => resolveOptions(readGiven(argv, env, "/cwd"), undefined, "/root")).toThrow(message);
  });
});
