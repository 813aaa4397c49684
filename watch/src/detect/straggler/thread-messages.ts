/** What goes between watch and the thread that judges. */
import { WindowTooLargeError } from "@lockstep/analysis/fold/window";
import { StoreError, type StoreErrorCode } from "@lockstep/store/client";
import { UnjoinedStepsError } from "./judge-window.ts";
import type { Judged, WindowRequest } from "./window-judge.ts";

export type Call =
  | { readonly kind: "judge"; readonly id: number; readonly request: WindowRequest }
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "forget"; readonly job: string };

/** Errors lose their class on the way. */
export type Failure = { readonly name: string; readonly code: string | undefined; readonly message: string };

export type Answer =
  | { readonly id: number; readonly judged: Judged }
  | { readonly id: number; readonly failure: Failure };

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", code: undefined, message: String(error) };
  return { name: error.name, code: error instanceof StoreError ? error.code : undefined, message: error.message };
}

export function errorOf({ name, code, message }: Failure): Error {
  if (code !== undefined) return new StoreError(code as StoreErrorCode, message);
  if (name === "WindowTooLargeError") return new WindowTooLargeError(message);
  return name === "UnjoinedStepsError" ? new UnjoinedStepsError(message) : new Error(message);
}
