/** `lockstep deadletter`: what could not be stored, why, and once the reason is gone, back onto the log. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type DeadLetters, LogError } from "@lockstep/log/log";
import { z } from "zod";
import { checkedEnv, checkedKafka } from "../environment/checked-env.ts";
import type { Variables } from "../environment/section-env.ts";
import { deploymentVariables, usage } from "../run/deployment.ts";
import { readSection } from "../start/config-file.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import { type ListedLetter, letterText, listText } from "./letter-text.ts";

const help = `lockstep deadletter: blocks laid aside because they could not be stored

  list                 all of them, oldest first
  show ID              one: where it came from, why it lies there, its first rows or bytes
  replay ID...         puts them at the end of the log again and takes them from here
  replay --all         all of them

  --config FILE        a prometheus.yml; its key lockstep: says which log   LOCKSTEP_CONFIG
  --data DIR           the data folder, where the spool on disk is the log  LOCKSTEP_DATA
  --kafka-brokers LIST host:port,host:port, where Kafka is the log          LOCKSTEP_KAFKA_BROKERS

It works beside a running system. A block that is replayed and still cannot be stored comes back.
`;

const flags = {
  config: { type: "string" },
  data: { type: "string" },
  "kafka-brokers": { type: "string" },
  all: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Asked = {
  readonly verb: string | undefined;
  readonly ids: readonly string[];
  readonly flag: (name: "config" | "data" | "kafka-brokers") => string | undefined;
  readonly all: boolean;
  readonly help: boolean;
};

/** Resolves with 0, or 1 where a letter that was named is not there. Throws StartError. */
export async function deadletter(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const asked = readAsked(argv);
  const { print } = surroundings;
  if (asked.help) {
    print(help);
    return 0;
  }
  const work = verbOf(asked);
  let opened: Opened | undefined;
  try {
    opened = await openLetters(asked, surroundings);
    return await work(opened, print);
  } catch (error) {
    if (!(error instanceof LogError || isOfKafka(error))) throw error;
    throw new StartError(`dead letters: ${error.message}`, { cause: error });
  } finally {
    await opened?.letters.close();
  }
}

function isOfKafka(error: unknown): error is Error {
  return error instanceof Error && error.name.startsWith("KafkaJS");
}

/** From Kafka a single letter takes reading the whole topic: there the list shows what it is given. */
type Opened = { readonly letters: DeadLetters; readonly one: "cheap" | "dear" };
type Work = (opened: Opened, print: StartSurroundings["print"]) => Promise<number>;

function verbOf({ verb, ids, all }: Asked): Work {
  if (verb === "list" && ids.length === 0 && !all) return list;
  if (verb === "show" && ids.length === 1 && !all) return ({ letters }, print) => show(letters, ids[0]!, print);
  if (verb === "replay" && ids.length > 0 !== all)
    return ({ letters }, print) => replay(letters, all ? undefined : ids, print);
  throw usage(
    "lockstep deadletter: expected `list`, `show ID`, `replay ID...` or `replay --all`; --help names the options",
  );
}

const list: Work = async ({ letters, one }, print) => {
  const found: ListedLetter[] = [];
  for (const letter of await letters.list()) {
    found.push(one === "cheap" ? ((await letters.get(letter.id)) ?? letter) : letter);
  }
  if (found.length === 0) print("no dead letters");
  else for (const line of listText(found)) print(line);
  return 0;
};

async function show(letters: DeadLetters, id: string, print: StartSurroundings["print"]): Promise<number> {
  const letter = await letters.get(id);
  for (const line of letter === undefined ? [absent(id)] : letterText(letter)) print(line);
  return letter === undefined ? 1 : 0;
}

/** `ids` undefined: all there are now. Those that come back while this runs are left alone. */
async function replay(
  letters: DeadLetters,
  ids: readonly string[] | undefined,
  print: StartSurroundings["print"],
): Promise<number> {
  let done = 0;
  let missing = 0;
  try {
    for (const id of ids ?? (await letters.list()).map((letter) => letter.id)) {
      if (await letters.replay(id)) done += 1;
      else if (ids !== undefined) {
        missing += 1;
        print(absent(id));
      }
    }
  } finally {
    print(`${done} replayed${missing > 0 ? `, ${missing} not there` : ""}`);
  }
  return missing > 0 ? 1 : 0;
}

function absent(id: string): string {
  return `no dead letter ${JSON.stringify(id)}: it was replayed, or never there; \`lockstep deadletter list\` names them`;
}

function readAsked(argv: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: flags,
      strict: true,
      allowPositionals: true,
    });
    const [verb, ...ids] = positionals;
    return { verb, ids, flag: (name) => values[name], all: values.all === true, help: values.help === true };
  } catch (error) {
    const said = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw usage(`lockstep deadletter: ${said}; --help names the options`);
  }
}

async function openLetters({ flag }: Asked, surroundings: StartSurroundings): Promise<Opened> {
  const { cwd, env } = surroundings;
  const file = flag("config") ?? (env["LOCKSTEP_CONFIG"] || undefined);
  const config = file === undefined ? undefined : resolve(cwd, file);
  const section = config === undefined ? undefined : await readSection(config);
  const [data, brokers] = [flag("data"), flag("kafka-brokers")];
  const told = {
    ...deploymentVariables(section, config, surroundings),
    ...(data === undefined ? {} : { LOCKSTEP_DATA: data }),
    ...(brokers === undefined ? {} : { LOCKSTEP_KAFKA_BROKERS: brokers }),
  };
  const folder = resolve(cwd, told.LOCKSTEP_DATA);
  const kafka = checkedKafka(checkedEnv({ ...logOfStart(folder), ...told }));
  if (kafka === undefined) return openSpool(folder);
  const { openKafkaDeadLetters } = await import("@lockstep/log/kafka/dead-letters");
  return { letters: await openKafkaDeadLetters(kafka, "lockstep-deadletter", silent), one: "dear" };
}

/** What the `lockstep start` on this folder was told of Kafka: where Kafka is its log, no dead letter is in the spool. */
function logOfStart(data: string): Variables {
  const file = join(data, "run", "environment.json");
  if (!existsSync(file)) return {};
  const recorded = z.record(z.string(), z.string()).safeParse(JSON.parse(readFileSync(file, "utf8")));
  const entries = Object.entries(recorded.data ?? {}).filter(([name]) => name.startsWith("LOCKSTEP_KAFKA_"));
  return Object.fromEntries(entries);
}

/** What goes wrong is said once, by the error that ends the command. */
const silent = { debug: () => undefined, warn: () => undefined, error: () => undefined };

async function openSpool(data: string): Promise<Opened> {
  const path = join(data, "spool");
  if (!existsSync(join(path, "log.mdb"))) {
    throw new StartError(
      `no spool in ${data}: name the data folder with --data DIR, or where Kafka is the log, its configuration with --config FILE`,
    );
  }
  const { openSpoolDeadLetters } = await import("@lockstep/log/spool/dead-letters");
  return { letters: await openSpoolDeadLetters({ path }), one: "cheap" };
}
