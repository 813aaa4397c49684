"use client";
import { useState } from "react";
import { RangeLink } from "../components/range-link.tsx";
import { Shape } from "../components/state-mark.tsx";
import { useTimeZone } from "../components/time-zone.tsx";
import type { FleetEvents } from "../data/fleet-events.ts";
import type { FleetEvent } from "../fleet/events.ts";
import { count } from "../format/number.ts";
import { formatAbsolute, formatClock, formatDuration } from "../format/time.ts";

const SHOWN_AT_FIRST = 8;

/** What was wrong in the range, also what is over: the newest first. */
export function EventList({ data }: { data: FleetEvents | null }) {
  const [all, setAll] = useState(false);
  if (data === null) return <div className="skeleton" style={{ height: 32 }} />;
  const { events, total, atMs } = data;
  if (events.length === 0) {
    return (
      <p className="quiet">
        In this range no GPU was thermally throttled, none reported an XID error, and every GPU exporter could be
        scraped.
      </p>
    );
  }
  const shown = all ? events : events.slice(0, SHOWN_AT_FIRST);
  const untold = total === null ? null : total - events.length;
  return (
    <div className="table-frame">
      <table className="events">
        <thead>
          <tr>
            <th>What was wrong</th>
            <th className="figure">From</th>
            <th className="figure">To</th>
            <th className="figure">Lasted</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((event) => (
            <EventRow key={event.id} event={event} atMs={atMs} />
          ))}
        </tbody>
      </table>
      {events.length > SHOWN_AT_FIRST ? (
        <button type="button" className="more" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${events.length - SHOWN_AT_FIRST} more`}
        </button>
      ) : null}
      {untold === 0 ? null : (
        <p className="quiet small">
          {untold === null ? "There were more, too many to list" : `${count(untold, "older one")} not listed`}; a
          shorter range shows them.
        </p>
      )}
    </div>
  );
}

function EventRow({ event, atMs }: { event: FleetEvent; atMs: number }) {
  const zone = useTimeZone();
  const clock = (ms: number) => (
    <time dateTime={new Date(ms).toISOString()} title={formatAbsolute(ms, zone)}>
      {formatClock(ms, atMs, zone)}
    </time>
  );
  const lastedMs = (event.ongoing ? atMs : event.toMs) - event.fromMs;
  const lasted = lastedMs > 0 ? formatDuration(lastedMs) : "one sample";
  return (
    <tr className="link">
      <td>
        <RangeLink className="row" href={event.href}>
          <Shape state={event.kind} />
          {event.text}
        </RangeLink>
      </td>
      <td className="figure">{event.earlier ? "before this range" : clock(event.fromMs)}</td>
      <td className="figure">{event.ongoing ? "still so" : clock(event.toMs)}</td>
      <td className="figure">{event.earlier ? `over ${lasted}` : lasted}</td>
    </tr>
  );
}
