/** Follows argv[2] with its state in argv[3] and appends "path line text" to argv[4]; until it is killed. */
import { appendFileSync } from "node:fs";
import { basename } from "node:path";
import { newCounts } from "../line-reader.ts";
import { TailFiles } from "../tail-files.ts";
import { TailState } from "../tail-state.ts";

const [, , files, stateFolder, out] = process.argv as [string, string, string, string, string];
let made = "";
const tail = new TailFiles({
  sources: [
    {
      name: "lines",
      files,
      accepts: () => true,
      counts: newCounts(),
      follows: "lines",
      devices: false,
      open: (path, snapshot) => {
        let at = Number(snapshot ?? 0);
        return {
          push: (bytes) => {
            for (const line of bytes.toString().split("\n").slice(0, -1)) made += `${basename(path)} ${at++} ${line}\n`;
          },
          restart: () => {},
          end: () => {},
          idle: () => {},
          close: () => {},
          snapshot: () => String(at),
        };
      },
    },
  ],
  state: new TailState(stateFolder),
  deliver: async () => {
    if (made !== "") appendFileSync(out, made);
    made = "";
  },
  log: console,
  pollMs: 10,
  noteMs: 20,
});
tail.start((error) => {
  console.error(error);
  process.exit(1);
});
