/** `npm run chaos -- NAME [--seconds N] [--seed N]`: troubles a real deployment and prints what was counted. */
import { parseArgs } from "node:util";
import { brokerMissing } from "@lockstep/log/test/kafka/broker";
import { SCENARIOS } from "./scenarios.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string" }, seed: { type: "string" }, short: { type: "boolean" } },
});

function usage(): never {
  const lines = SCENARIOS.map(({ name, about, seconds }) => `  ${name.padEnd(12)} ${about} (${seconds.long} s)\n`);
  process.stderr.write(`usage: npm run chaos -- NAME... [--seconds N] [--short] [--seed N]\n\n${lines.join("")}`);
  process.exit(2);
}

const missing = brokerMissing();
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exit(1);
}
const asked = positionals.map((name) => SCENARIOS.find((scenario) => scenario.name === name) ?? usage());
if (asked.length === 0) usage();

for (const scenario of asked) {
  const ordinary = values.short ? scenario.seconds.short : scenario.seconds.long;
  const seconds = values.seconds === undefined ? ordinary : Number(values.seconds);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
  process.stdout.write(`${scenario.name}: ${scenario.about}\n`);
  const { figures, failures } = await scenario.run({
    seconds,
    seed,
    print: (line) => process.stdout.write(`${line}\n`),
  });
  for (const [what, figure] of Object.entries(figures)) process.stdout.write(`  ${what.padEnd(36)} ${figure}\n`);
  for (const failure of failures) process.stdout.write(`  FAILED: ${failure}\n`);
  process.stdout.write(failures.length === 0 ? "  holds\n" : "");
  if (failures.length > 0) process.exitCode = 1;
}
