"use client";
import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import { formatAbsolute, formatAgo, formatClock } from "../format/time.ts";

const ServerZone = createContext("UTC");

function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const never = () => () => {};

export function TimeZoneProvider({ serverZone, children }: { serverZone: string; children: ReactNode }) {
  return <ServerZone value={serverZone}>{children}</ServerZone>;
}

/**
 * Times are first rendered in the server's zone, so that both sides agree, and then in the reader's. Each reader of it
 * switches by itself: what lies behind a Suspense boundary is hydrated later than the rest.
 */
export function useTimeZone(): string {
  const serverZone = useContext(ServerZone);
  return useSyncExternalStore(never, browserZone, () => serverZone);
}

/** "2026-11-23 10:02:15 CET". */
export function Absolute({ ms }: { ms: number }) {
  return <time dateTime={new Date(ms).toISOString()}>{formatAbsolute(ms, useTimeZone())}</time>;
}

/** "4 min ago", with the absolute time on hover. */
export function Ago({ ms, nowMs }: { ms: number; nowMs: number }) {
  const zone = useTimeZone();
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatAbsolute(ms, zone)}>
      {formatAgo(ms, nowMs)}
    </time>
  );
}

/** "since 10:02 (4 min ago)"; `earlier`: it began before what was looked through. */
export function Since({ ms, nowMs, earlier }: { ms: number; nowMs: number; earlier: boolean }) {
  const zone = useTimeZone();
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatAbsolute(ms, zone)}>
      {earlier ? "since before " : "since "}
      {formatClock(ms, nowMs, zone)} ({formatAgo(ms, nowMs)})
    </time>
  );
}
