/** Dumps of PyTorch's Flight Recorder: one that cannot be read may still be in the making. */
import { FlightRecorderError } from "@lockstep/formats/flight-recorder/flight-recorder-error";
import { readFlightRecorder } from "@lockstep/formats/flight-recorder/read-flight-recorder";
import type { Source, WholeReader } from "../line-reader.ts";
import { jobOfFile } from "./job-of-file.ts";
import type { SourceOptions } from "./sources.ts";

export const MAX_DUMP_BYTES = 256 * 2 ** 20;

export function openDumpReader(
  path: string,
  job: string | undefined,
  { counts }: Pick<Source, "counts">,
  { outbox }: SourceOptions,
): WholeReader {
  return {
    take: (bytes, writtenAtMs) => {
      try {
        const dump = readFlightRecorder(path, bytes);
        counts.dumps += 1;
        outbox.dump({ job: job ?? jobOfFile(path), dump, writtenAtMs });
        return undefined;
      } catch (error) {
        if (error instanceof FlightRecorderError) return error.message;
        throw error;
      }
    },
  };
}
