/** Plain JavaScript, so that it runs under any name. Stands in for a process of the system: notes in FAKE_JOURNAL when it is up and when it is told to stop. */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

const journal = process.env["FAKE_JOURNAL"];
const script = process.argv[1];
const name = ["store", "demo", "collector", "ingest", "watch", "next"].find((each) => script.includes(`/${each}/`));
const note = (what) => appendFileSync(journal, `${name} ${what}\n`);

process.on("SIGTERM", () => {
  note("stops");
  process.exit(0);
});
if (name === "next") {
  createServer((_, response) => response.end("ok\n")).listen(Number(process.argv[process.argv.indexOf("--port") + 1]));
} else {
  setInterval(() => undefined, 1_000);
}
setTimeout(() => {
  note("up");
  process.stdout.write("ready\n");
}, 100);
