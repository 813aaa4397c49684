import type { Collective } from "@lockstep/schemas/domain/operation";
import type { Problem } from "../collective-lines/line-problem.ts";

/** A rank of a communicator, as NCCL's RAS threads tell of it. What was not told is undefined. */
export type RasMember = {
  /** In the communicator. */
  readonly rank: number;
  readonly host: string | undefined;
  readonly pid: number | undefined;
  /** CUDA's and NVML's numbers of the GPU. */
  readonly cudaDev: number | undefined;
  readonly nvmlDev: number | undefined;
  /** It did not answer: the rest is what was known of it before. */
  readonly missing: boolean;
  readonly status: RasStatus;
  /** Operations begun, by collective: who has fewer than the others has not entered. Empty where it did not answer. */
  readonly counts: ReadonlyMap<Collective, number>;
};

export type RasStatus = {
  readonly initState: number | undefined;
  /** NCCL's error code; 0 is none. */
  readonly asyncError: number | undefined;
  readonly finalizeCalled: boolean | undefined;
  readonly destroyFlag: boolean | undefined;
  readonly abortFlag: boolean | undefined;
  /** Of a missing rank. */
  readonly unresponsive: boolean | undefined;
  readonly consideredDead: boolean | undefined;
};

export type RasCommunicator = {
  /** The hash in hexadecimal without leading zeros, as NCCL Inspector names the communicator. */
  readonly id: string;
  /** Tells communicators of the same hash apart. */
  readonly secondaryHash: string | undefined;
  readonly size: number;
  /** Those told, answering or missing, by rank. */
  readonly members: readonly RasMember[];
};

export type RasReport = {
  readonly ncclVersion: string | undefined;
  /** "2025-12-19 13:06:53": the local time of the machine that answered, which does not tell its zone. */
  readonly takenAt: string | undefined;
  readonly communicators: readonly RasCommunicator[];
  /** Communicators and ranks that could not be read and are left out. */
  readonly problems: readonly Problem[];
};
