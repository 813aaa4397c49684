"use client";
import { useSyncExternalStore } from "react";

/** The position all charts of a page point at. Outside React's tree, so that only the legends render when it moves. */
export type Cursor = { readonly position: number; readonly chart: string; readonly nearest: number | null };

let cursor: Cursor | null = null;
const listeners = new Set<() => void>();

export function setCursor(next: Cursor | null): void {
  if (cursor?.position === next?.position && cursor?.chart === next?.chart && cursor?.nearest === next?.nearest) return;
  cursor = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useCursor(): Cursor | null {
  return useSyncExternalStore(
    subscribe,
    () => cursor,
    () => null,
  );
}
