/** A dump as it is kept in the table `flight_dumps`: JSON, with the groups' status as a list of pairs. */
import type { DumpStatus, FlightRecorderDump } from "./dump.ts";

type Kept = Omit<FlightRecorderDump, "status"> & { readonly status: readonly (readonly [string, DumpStatus])[] };

export function textOfDump(dump: FlightRecorderDump): string {
  const kept: Kept = { ...dump, status: [...dump.status] };
  return JSON.stringify(kept);
}

/** Of `textOfDump`; what was undefined is absent. Throws SyntaxError where the text is no JSON. */
export function dumpOfText(text: string): FlightRecorderDump {
  const kept = JSON.parse(text) as Kept;
  return { ...kept, status: new Map(kept.status) };
}
