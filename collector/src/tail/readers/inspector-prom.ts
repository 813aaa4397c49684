/** Files of NCCL Inspector's Prometheus mode, overwritten in place. */
import { problemText } from "@lockstep/formats/collective-lines/line-problem";
import { readInspectorProm } from "@lockstep/formats/inspector/prometheus";
import type { Source, WholeReader } from "../line-reader.ts";
import type { SourceOptions } from "./sources.ts";

export const MAX_PAGE_BYTES = 64 * 2 ** 20;

export function openPageReader(
  path: string,
  { counts }: Pick<Source, "counts">,
  { outbox, tell }: SourceOptions,
): WholeReader {
  return {
    take: (bytes, writtenAtMs) => {
      // It is written line by line: without its last line feed the writer is in the middle of it.
      if (bytes.length > 0 && bytes.at(-1) !== 10) return "found no line feed at its end, expected one";
      const { samples, problems } = readInspectorProm(bytes.toString("utf8"));
      counts.lines += samples.length + problems.length;
      counts.samples += samples.length;
      counts.badLines += problems.length;
      const [first] = problems;
      if (first !== undefined) {
        counts.lastBad = `${path}: ${problemText(first)}`;
        tell(path, counts.lastBad);
      }
      if (samples.length > 0) outbox.page({ path, samples, writtenAtMs });
      return undefined;
    },
  };
}
