/** What goes between watch and the thread that judges models. */
import { StoreError, type StoreErrorCode } from "@lockstep/store/client";
import type { DriftWork } from "./drift-work.ts";

export type Asked = Exclude<keyof DriftWork, "forget" | "close">;
export type Request<Name extends Asked> = Parameters<DriftWork[Name]>[0];
export type Reply<Name extends Asked> = Awaited<ReturnType<DriftWork[Name]>>;

export type Call =
  | { readonly kind: "ask"; readonly id: number; readonly name: Asked; readonly request: unknown }
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "forget" };

/** Errors lose their class on the way. */
export type Failure = { readonly code: string | undefined; readonly message: string };

export type Answer =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly failure: Failure };

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  return { code: error instanceof StoreError ? error.code : undefined, message: error.message };
}

export function errorOf({ code, message }: Failure): Error {
  return code === undefined ? new Error(message) : new StoreError(code as StoreErrorCode, message);
}
