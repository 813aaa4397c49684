import type { LockstepSection } from "@lockstep/config/config";
import { describe, expect, test } from "vitest";
import { readGiven, resolveOptions, type StartOptions } from "./options.ts";

const section: LockstepSection = {
  strict: false,
  retention: { rawMs: 1, fiveMinutesMs: 1, oneHourMs: 1 },
  spool: { maxBytes: 1, maxAgeMs: 1 },
  port: 3003,
  receivePort: 4003,
  host: "127.0.0.3",
  data: "/from/section",
  tokenFile: "/token/section",
};

const distributed: Partial<LockstepSection> = {
  instance: "rack-7",
  shard: { index: 2, of: 3 },
  kafka: { brokers: ["k-1:9092", "k-2:9092"], topicPrefix: "gpu", retentionMs: 120_000, ssl: {} },
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
      name: "metrics: a flag over the environment over the section",
      argv: ["--config", "/a.yml", "--metrics-port", "0"],
      env: { LOCKSTEP_METRICS_PORT: "9502" },
      section: { ...section, metricsPort: 9503 },
      expected: { metricsPort: 0 },
    },
    {
      name: "metrics: the environment",
      argv: ["--config", "/a.yml"],
      env: { LOCKSTEP_METRICS_PORT: "9502" },
      section: { ...section, metricsPort: 9503 },
      expected: { metricsPort: 9502 },
    },
    {
      name: "metrics: the section",
      argv: ["--config", "/a.yml"],
      section: { ...section, metricsPort: 9503 },
      expected: { metricsPort: 9503 },
    },
    { name: "metrics: the default", argv: [], expected: { metricsPort: 9464, deployment: {} } },
    {
      name: "Kafka from the section",
      argv: ["--config", "/a.yml"],
      section: { ...section, ...distributed },
      expected: {
        deployment: {
          LOCKSTEP_INSTANCE: "rack-7",
          LOCKSTEP_SHARD: "2/3",
          LOCKSTEP_KAFKA_BROKERS: "k-1:9092,k-2:9092",
          LOCKSTEP_KAFKA_TOPIC_PREFIX: "gpu",
          LOCKSTEP_KAFKA_RETENTION_MS: "120000",
          LOCKSTEP_KAFKA_SSL: "1",
        },
      },
    },
    {
      name: "Kafka: a variable over the section, and the flag over it",
      argv: ["--config", "/a.yml", "--kafka-brokers", "flag:9092"],
      env: { LOCKSTEP_KAFKA_BROKERS: "env:9092", LOCKSTEP_KAFKA_TOPIC_PREFIX: "env", LOCKSTEP_SHARD: "1/2" },
      section: { ...section, ...distributed },
      expected: {
        deployment: {
          LOCKSTEP_INSTANCE: "rack-7",
          LOCKSTEP_SHARD: "1/2",
          LOCKSTEP_KAFKA_BROKERS: "flag:9092",
          LOCKSTEP_KAFKA_TOPIC_PREFIX: "env",
          LOCKSTEP_KAFKA_RETENTION_MS: "120000",
          LOCKSTEP_KAFKA_SSL: "1",
        },
      },
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
    { argv: ["--metrics-port", "65534"], message: /--metrics-port must be at most 65532, found 65534/ },
    { argv: [], env: { LOCKSTEP_KAFKA_PARTITIONS: "0" }, message: /LOCKSTEP_KAFKA_PARTITIONS: found "0"/ },
    { argv: [], env: { LOCKSTEP_SHARD: "2" }, message: /LOCKSTEP_SHARD: found "2"/ },
    {
      argv: ["--kafka-brokers", "k:9092"],
      env: { LOCKSTEP_KAFKA_SASL_MECHANISM: "plain", LOCKSTEP_KAFKA_SASL_USERNAME: "u" },
      message: /LOCKSTEP_KAFKA_SASL_PASSWORD_FILE is missing/,
    },
    {
      argv: ["--kafka-brokers", "k:9092"],
      env: { LOCKSTEP_KAFKA_SSL: "1", LOCKSTEP_KAFKA_SSL_CA_FILE: "/absent/ca.pem" },
      message: /the ca_file for Kafka cannot be read: .*ca\.pem/,
    },
    { argv: ["--kafka-brokers", "k"], message: /brokers.*found "k".*host:port/ },
    { argv: [], env: { LOCKSTEP_PORT: "x" }, message: /--port must be a port/ },
  ];
  test.each(table)("$argv $env", ({ argv, env = {}, message }) => {
    expect(() => resolveOptions(readGiven(argv, env, "/cwd"), undefined, "/root")).toThrow(message);
  });
});
