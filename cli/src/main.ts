/** The command line: finds the command, gives it its surroundings, turns its result into an exit code. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "./commands.ts";
import { type StartSurroundings, start } from "./start/start.ts";
import { StartError } from "./start/start-error.ts";

const version = (): string =>
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version as string;

const commands: Record<string, Command> = {
  start: {
    usage: "start [options]",
    about: "starts the whole system on this machine; `start --help` names the options",
    run: start,
  },
  check: {
    usage: "check FILE",
    about: "reads a prometheus.yml as `start --config FILE` would, and says what is wrong with it",
    run: async (args, surroundings) => (await import("./check.ts")).check(args, surroundings),
  },
  run: {
    usage: "run NAME [--config FILE]",
    about: "one process of a distributed deployment: collector, ingest, watch or web",
    run: async (args, surroundings) => (await import("./run/run.ts")).run(args, surroundings),
  },
  health: {
    usage: "health NAME",
    about: "whether that process of this host answers; for health checks of containers",
    run: async (args, surroundings) => (await import("./run/health.ts")).health(args, surroundings),
  },
  migrate: {
    usage: "migrate [--config FILE]",
    about: "brings the schema of ClickHouse to this version",
    run: async (args, surroundings) => (await import("./run/migrate.ts")).migrate(args, surroundings),
  },
  deadletter: {
    usage: "deadletter list|show|replay",
    about: "blocks laid aside because they could not be stored; `deadletter --help` names the options",
    run: async (args, surroundings) => (await import("./deadletter/deadletter.ts")).deadletter(args, surroundings),
  },
  analyze: {
    usage: "analyze collectives|flight-recorder|rca FILE...",
    about: "who holds a job up, by files alone; `analyze --help` names the forms",
    run: async (args, surroundings) => (await import("./analyze/analyze.ts")).analyze(args, surroundings),
  },
  drift: {
    usage: "drift compare BASELINE.json CURRENT.json",
    about: "how far two histograms are apart, and whether that is more than chance",
    run: async (args, surroundings) => (await import("./drift/compare.ts")).drift(args, surroundings),
  },
  import: {
    usage: "import observations|labels FILE...",
    about: "rows you have of a model, as histograms that are judged; `import --help` names the options",
    run: async (args, surroundings) => (await import("./import/import.ts")).importFiles(args, surroundings),
  },
  baseline: {
    usage: "baseline create|list MODEL",
    about: "what a model's windows are compared with; `baseline --help` names the options",
    run: async (args, surroundings) => (await import("./baseline/baseline.ts")).baseline(args, surroundings),
  },
  help: {
    usage: "help",
    about: "this list",
    async run(_, { print }) {
      print("lockstep: watches a GPU cluster and the models on it as one system\n");
      for (const { usage, about } of Object.values(commands)) print(`  lockstep ${usage.padEnd(46)} ${about}`);
      return 0;
    },
  },
  version: {
    usage: "version",
    about: "the version of this checkout",
    async run(_, { print }) {
      print(`lockstep ${version()}, Node ${process.versions.node}`);
      return 0;
    },
  },
};

const aliases: Record<string, string> = { "--help": "help", "-h": "help", "--version": "version" };

async function main(argv: readonly string[]): Promise<number> {
  const [asked = "help", ...args] = argv;
  const name = aliases[asked] ?? asked;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`lockstep: unknown command "${asked}"; \`lockstep help\` lists the commands\n`);
    return 2;
  }
  const surroundings: StartSurroundings = {
    root: fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, ""),
    // npm runs scripts in the package's folder; paths on its command line are meant from where the person stands.
    cwd: process.env["INIT_CWD"] ?? process.cwd(),
    env: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
  };
  try {
    return await command.run(args, surroundings);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`lockstep: ${error.message}\n`);
    return error.exitCode;
  }
}

process.exit(await main(process.argv.slice(2)));
