"use client";
import { useQueryStates } from "nuqs";
import { useRef, useState } from "react";
import { formatClock } from "../format/time.ts";
import { RANGES, type RangeName, REFRESHES, type RefreshName, rangeParsers, refreshParser } from "../url/range.ts";
import { useTimeZone } from "./time-zone.tsx";

export function TimeControls() {
  const [state, setState] = useQueryStates({ ...rangeParsers, refresh: refreshParser });
  const sheet = useRef<HTMLDetailsElement>(null);
  const zone = useTimeZone();
  const absolute = state.from !== null && state.to !== null ? { from: state.from, to: state.to } : null;
  const title =
    absolute === null
      ? `Last ${state.range}`
      : `${formatClock(absolute.from, 0, zone)} – ${formatClock(absolute.to, absolute.from, zone)}`;
  const choose = (range: RangeName) => {
    void setState({ range, from: null, to: null });
    if (sheet.current !== null) sheet.current.open = false;
  };
  return (
    <>
      <details
        ref={sheet}
        onKeyDown={(event) => event.key === "Escape" && sheet.current?.removeAttribute("open")}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.removeAttribute("open");
        }}
      >
        <summary className="button" aria-label={`Time range: ${title}`}>
          {title} ▾
        </summary>
        {/* It can take the focus, so that a click on its ground does not close it. */}
        <div className="sheet" tabIndex={-1}>
          <div className="ranges">
            {RANGES.map((range) => (
              <button
                key={range}
                type="button"
                className="button"
                aria-pressed={absolute === null && state.range === range}
                onClick={() => choose(range)}
              >
                {range}
              </button>
            ))}
          </div>
          <AbsoluteRange
            key={`${state.from} ${state.to}`}
            from={state.from}
            to={state.to}
            onApply={(from, to) => {
              void setState({ from, to });
              if (sheet.current !== null) sheet.current.open = false;
            }}
          />
        </div>
      </details>
      <select
        className="choice"
        aria-label="Refresh interval"
        value={absolute === null ? state.refresh : "off"}
        disabled={absolute !== null}
        title={absolute === null ? "Refresh interval" : "An absolute range does not refresh"}
        onChange={(event) => void setState({ refresh: event.target.value as RefreshName })}
      >
        {REFRESHES.map((refresh) => (
          <option key={refresh} value={refresh}>
            {refresh === "off" ? "No refresh" : `Every ${refresh}`}
          </option>
        ))}
      </select>
    </>
  );
}

type AbsoluteProps = { from: number | null; to: number | null; onApply: (from: number, to: number) => void };

function AbsoluteRange({ from, to, onApply }: AbsoluteProps) {
  const [start, setStart] = useState(() => localText(from));
  const [end, setEnd] = useState(() => localText(to));
  const startMs = Date.parse(start);
  const endMs = Date.parse(end);
  const valid = Number.isFinite(startMs) && Number.isFinite(endMs) && endMs > startMs;
  return (
    <form
      style={{ display: "grid", gap: 8 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) onApply(startMs, endMs);
      }}
    >
      <label>
        From
        <input
          className="field"
          type="datetime-local"
          value={start}
          onChange={(event) => setStart(event.target.value)}
        />
      </label>
      <label>
        To
        <input className="field" type="datetime-local" value={end} onChange={(event) => setEnd(event.target.value)} />
      </label>
      <button type="submit" className="button" disabled={!valid}>
        {valid || start === "" || end === "" ? "Show this range" : "The end must be after the start"}
      </button>
    </form>
  );
}

/** As a datetime-local field wants it: the reader's own time, to the minute. */
function localText(ms: number | null): string {
  if (ms === null) return "";
  const offset = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offset).toISOString().slice(0, 16);
}
