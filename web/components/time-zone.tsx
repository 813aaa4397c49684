"use client";
import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import { formatAbsolute, formatAgo, formatClock } from "../format/time.ts";

const Zone = createContext("UTC");

function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const never = () => () => {};

/** Times are first rendered in the server's zone, so that both sides agree, and then in the reader's. */
export function TimeZoneProvider({ serverZone, children }: { serverZone: string; children: ReactNode }) {
  const zone = useSyncExternalStore(never, browserZone, () => serverZone);
  return <Zone value={zone}>{children}</Zone>;
}

export function useTimeZone(): string {
  return useContext(Zone);
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
