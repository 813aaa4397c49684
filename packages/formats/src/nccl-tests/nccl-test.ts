import type { Collective } from "@lockstep/schemas/domain/operation";

/** One measured way of an operation: out of place or in place. */
export type Measurement = {
  readonly timeUs: number;
  /** Bytes a second over the time of the operation, 1e9 a GB. */
  readonly algbwGBs: number;
  /** What the links carried: algbw times a factor of the collective and its ranks. */
  readonly busbwGBs: number;
  /** Elements that came out wrong; undefined where they were not checked. */
  readonly wrong: number | undefined;
};

/** Out of place, and in place where that was measured too. */
export type TestRow = Measurement & {
  readonly bytes: number;
  readonly inPlace: Measurement | undefined;
};

export type TestRank = {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
  /** CUDA's number of the GPU in its process. */
  readonly device: number;
  /** As the log has it: "0x07" or "0000:1b:00". */
  readonly busId: string;
};

/** One run of one test program. */
export type NcclTest = {
  /** undefined: an older log that does not tell it. */
  readonly collective: Collective | undefined;
  readonly ranks: readonly TestRank[];
  readonly rows: readonly TestRow[];
  /** As the log sums it up; undefined where the run did not get that far. */
  readonly avgBusbwGBs: number | undefined;
};

/** A line that tells of a failure. */
export type TestError = { readonly line: number; readonly text: string };

export type NcclTestsLog = { readonly tests: readonly NcclTest[]; readonly errors: readonly TestError[] };
