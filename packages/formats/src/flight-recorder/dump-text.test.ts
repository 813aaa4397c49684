import { expect, test } from "vitest";
import { dumpOfText, textOfDump } from "./dump-text.ts";
import { readFlightRecorder } from "./read-flight-recorder.ts";

const DUMP = {
  version: "2.10",
  pg_config: { 0: { name: "0", desc: "default_pg", ranks: "[0, 1]" } },
  pg_status: { 0: { last_enqueued_collective: 5, last_started_collective: -1, last_completed_collective: 4 } },
  entries: [
    {
      record_id: 1,
      pg_id: 0,
      process_group: ["0", "default_pg"],
      collective_seq_id: 5,
      p2p_seq_id: 0,
      op_id: 5,
      profiling_name: "nccl:all_reduce",
      time_created_ns: 1_795_000_000_000_000,
      input_sizes: [[16]],
      input_dtypes: ["Float"],
      output_sizes: [[16]],
      output_dtypes: ["Float"],
      state: "scheduled",
      time_discovered_started_ns: null,
      time_discovered_completed_ns: null,
      retired: false,
      timeout_ms: 600_000,
      is_p2p: false,
    },
  ],
};

test("a dump comes back as it was", () => {
  const dump = readFlightRecorder("trace_rank_1", Buffer.from(JSON.stringify(DUMP)));
  expect(dump.entries).toHaveLength(1);
  // toEqual holds undefined and absent to be the same, as its readers do.
  expect(dumpOfText(textOfDump(dump))).toEqual(dump);
});
