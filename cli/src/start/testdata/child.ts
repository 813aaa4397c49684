/** A child for child.test.ts: MODE says how it behaves. Says its process id, so that a test can see it end. */
const mode = process.env["MODE"] ?? "";
process.stdout.write(`pid ${process.pid}\n`);

const modes: Record<string, () => void> = {
  runs: () => {
    process.stdout.write("ready\n");
    setInterval(() => undefined, 1_000);
  },
  deaf: () => {
    process.on("SIGTERM", () => undefined);
    process.stdout.write("ready\n");
    setInterval(() => undefined, 1_000);
  },
  "never-up": () => {
    process.stderr.write("child: no such device\n");
    process.exit(1);
  },
  "bad-config": () => {
    process.stderr.write("child: prometheus.yml:2:1 unknown key\n");
    process.exit(78);
  },
  warns: () => {
    process.stdout.write('{"level":30,"msg":"fine"}\n{"level":40,"msg":"target is slow"}\nready\n');
    setInterval(() => undefined, 1_000);
  },
};
modes[mode]?.();
