import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig } from "./parse.ts";
import { formatProblem } from "./problem.ts";

const folder = join(import.meta.dirname, "testdata");

/** One fault a file; NAME.good.yml is the same without it. */
const faults: readonly [name: string, problem: string][] = [
  ["alias", "2:5 scrape_configs[0]: an alias without its anchor before it"],
  [
    "auth-shape",
    "3:17 scrape_configs[0].basic_auth: wrong value of basic_auth; found a value (not shown), expected a mapping",
  ],
  [
    "auth-twice",
    "4:20 scrape_configs[0].authorization: more than one way to authenticate; found basic_auth and authorization, expected one of them",
  ],
  [
    "bool",
    '3:19 scrape_configs[0].honor_labels: wrong value of honor_labels; found the text "maybe", expected true or false',
  ],
  [
    "count",
    '3:19 scrape_configs[0].sample_limit: wrong value of sample_limit; found the text "many", expected a whole number, 0 or more',
  ],
  [
    "duration",
    '3:22 scrape_configs[0].scrape_interval: wrong value of scrape_interval; found "1.5m", expected a duration such as 30s, 5m or 1h30m',
  ],
  [
    "duration-order",
    '2:20 global.scrape_interval: wrong value of scrape_interval; found "30s1m", expected a duration such as 30s, 5m or 1h30m',
  ],
  ["empty-job-name", "2:15 scrape_configs[0].job_name: job_name is empty; expected a name"],
  [
    "file-sd-name",
    '4:17 scrape_configs[0].file_sd_configs[0].files[0]: bad file name; found "targets.txt", expected a name that ends in .json, .yml or .yaml, with * in its last part only',
  ],
  [
    "file-sd-star",
    '4:17 scrape_configs[0].file_sd_configs[0].files[0]: bad file name; found "*/targets.json", expected a name that ends in .json, .yml or .yaml, with * in its last part only',
  ],
  [
    "global-timeout",
    "3:19 global.scrape_timeout: scrape_timeout is longer than scrape_interval; found 10s, expected at most 5s",
  ],
  [
    "header",
    "4:22 scrape_configs[0].http_headers.Authorization: this header is set by the scrape itself and cannot be configured",
  ],
  [
    "job-twice",
    '3:15 scrape_configs[1].job_name: job_name "gpu" is there twice; expected another name than that of job-twice.bad.yml scrape_configs[0]',
  ],
  ["key-twice", '4:5 scrape_configs[0].scheme: key "scheme" is there twice'],
  ["key-twice-ignored", '3:3 alerting.alertmanagers: key "alertmanagers" is there twice'],
  ["kafka-key", '2:32 lockstep.kafka.topicPrefix: unknown key "topicPrefix"; did you mean "topic_prefix"?'],
  [
    "kafka-broker",
    '3:29 lockstep.kafka.brokers[1]: wrong value of brokers[1]; found "http://kafka-2:9092", expected host:port, such as kafka-1:9092',
  ],
  [
    "kafka-no-broker",
    "2:10 lockstep.kafka: no broker is named, so there is no Kafka to use; expected brokers: [host:port, ...]",
  ],
  [
    "kafka-partitions",
    '2:42 lockstep.kafka.partitions: wrong value of partitions; found "0", expected a whole number from 1 to 1024',
  ],
  [
    "kafka-compression",
    '2:43 lockstep.kafka.compression: wrong value of compression; found "zst", expected one of none, gzip, zstd (did you mean "zstd"?)',
  ],
  [
    "kafka-retention",
    "2:41 lockstep.kafka.retention: a log this short loses what ingest has not read yet; expected at least 1m, better some days: 3d",
  ],
  [
    "kafka-ssl",
    '2:35 lockstep.kafka.ssl: wrong value of ssl; found the text "ca.pem", expected true or false, or a mapping',
  ],
  ["kafka-ssl-half", "2:35 lockstep.kafka.ssl: a client certificate without its other half; expected key_file"],
  [
    "kafka-sasl-half",
    "2:47 lockstep.kafka.sasl: sasl without password_file; expected password_file: FILE, a file that holds the password",
  ],
  [
    "kafka-sasl-password",
    "4:61 lockstep.kafka.sasl.password: a password does not belong in this file; expected password_file: FILE, a file that holds it",
  ],
  [
    "kafka-sasl-mechanism",
    '4:23 lockstep.kafka.sasl.mechanism: wrong value of mechanism; found "scram", expected one of plain, scram-sha-256, scram-sha-512',
  ],
  [
    "shard",
    '2:10 lockstep.shard: wrong value of shard; found "4/3", expected INDEX/COUNT with an index from 1 to the count, such as 2/3',
  ],
  [
    "shard-zero",
    '2:10 lockstep.shard: wrong value of shard; found "0/3", expected INDEX/COUNT with an index from 1 to the count, such as 2/3',
  ],
  ["spool-age", "1:29 lockstep.spool.max_age: a spool of 0s holds nothing; expected a duration such as 3d"],
  [
    "label-name",
    '5:28 scrape_configs[0].static_configs[0].labels["gpu-type"]: invalid label name; found "gpu-type", expected [a-zA-Z_][a-zA-Z0-9_]* (for the wider names of Prometheus 3 set metric_name_validation_scheme: utf8)',
  ],
  [
    "label-value",
    "5:24 scrape_configs[0].static_configs[0].labels.rack: wrong value of rack; found a list, expected a text",
  ],
  ["lockstep-key", '2:3 lockstep.retentions: unknown key "retentions"; did you mean "retention"?'],
  ["lockstep-port", '2:9 lockstep.port: wrong value of port; found "70000", expected a whole number from 0 to 65535'],
  [
    "look-ahead",
    "6:16 scrape_configs[0].metric_relabel_configs[0].regex: bad regular expression: invalid or unsupported Perl syntax: `(?!` at character 1; expected RE2 syntax",
  ],
  ["no-job-name", "2:5 scrape_configs[0]: job_name is empty; expected a name"],
  ["not-a-mapping", "1:1: wrong content; found a list, expected a mapping"],
  [
    "password-twice",
    "5:22 scrape_configs[0].basic_auth.password_file: both password and password_file are set; expected one of password and password_file",
  ],
  [
    "regex",
    "5:16 scrape_configs[0].relabel_configs[0].regex: bad regular expression: missing closing ): `node-(\\d+:.*` at character 6; expected RE2 syntax",
  ],
  [
    "relabel-action",
    '4:17 scrape_configs[0].relabel_configs[0].action: wrong value of action; found "drops", expected one of replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase (did you mean "drop"?)',
  ],
  [
    "relabel-labeldrop",
    "5:24 scrape_configs[0].relabel_configs[0].source_labels: relabel action labeldrop takes no source_labels",
  ],
  ["relabel-modulus", "4:9 scrape_configs[0].relabel_configs[0]: relabel action hashmod needs a modulus of 1 or more"],
  ["relabel-target", "4:9 scrape_configs[0].relabel_configs[0]: relabel action replace needs target_label"],
  [
    "relabel-target-name",
    '5:23 scrape_configs[0].relabel_configs[0].target_label: invalid label name; found "my-team", expected [a-zA-Z_][a-zA-Z0-9_]* (for the wider names of Prometheus 3 set metric_name_validation_scheme: utf8)',
  ],
  ["retention-zero", '2:19 lockstep.retention["5m"]: a retention of 0 keeps nothing; expected a duration such as 15d'],
  [
    "size",
    '3:22 scrape_configs[0].body_size_limit: wrong value of body_size_limit; found "10 megabytes", expected a size such as 512MB or 10GB',
  ],
  [
    "target-url",
    '4:19 scrape_configs[0].static_configs[0].targets[0]: a target is not a URL; found "http://node-1:9400/metrics", expected host:port, with the scheme and path in scheme: and metrics_path:',
  ],
  [
    "timeout",
    "4:21 scrape_configs[0].scrape_timeout: scrape_timeout is longer than scrape_interval; found 15s, expected at most 10s",
  ],
  [
    "tls-half",
    "4:7 scrape_configs[0].tls_config: a client certificate without its other half; expected key or key_file",
  ],
  [
    "unknown-key",
    '3:5 scrape_configs[0].scrape_intervall: unknown key "scrape_intervall"; did you mean "scrape_interval"?',
  ],
  ["unknown-top-key", '1:1 scrape_config: unknown key "scrape_config"; did you mean "scrape_configs"?'],
  [
    "wrong-type",
    '4:18 scrape_configs[0].static_configs[0].targets: wrong value of targets; found "node-1:9400", expected a list',
  ],
  ["yaml", "3:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ["yaml-tab", "2:1: not valid YAML: Tabs are not allowed as indentation"],
];

const read = (name: string) => readFileSync(join(folder, name), "utf8");

describe("faults", () => {
  test.each(faults)("%s", (name, problem) => {
    const bad = parseConfig(read(`${name}.bad.yml`), `${name}.bad.yml`);
    expect(bad.ok ? [] : bad.errors.map(formatProblem)).toEqual([`${name}.bad.yml:${problem}`]);
    const good = parseConfig(read(`${name}.good.yml`), `${name}.good.yml`);
    expect(good.ok ? [] : good.errors.map(formatProblem)).toEqual([]);
  });

  test("every pair is listed", () => {
    const names = readdirSync(folder).filter((name) => name.endsWith(".bad.yml"));
    expect(faults.map(([name]) => `${name}.bad.yml`).sort()).toEqual(names.sort());
  });
});
