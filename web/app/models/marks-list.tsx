"use client";
import { Shape } from "../../components/state-mark.tsx";
import { useTimeZone } from "../../components/time-zone.tsx";
import { formatAbsolute } from "../../format/time.ts";
import type { Mark } from "../../models/marks.ts";
import { whenText } from "../../models/when.ts";

const SHOWN = 12;

/** What the thin marks on the charts of this page are. */
export function MarksList({ marks, drift, atMs }: { marks: readonly Mark[]; drift: boolean; atMs: number }) {
  const zone = useTimeZone();
  if (marks.length === 0 && !drift) return null;
  return (
    <p className="marks">
      {drift ? (
        <span>
          <Shape state="throttled" size={10} /> drift began
        </span>
      ) : null}
      {marks.slice(-SHOWN).map(({ ts, kind, title }) => (
        <span key={`${ts} ${kind} ${title}`} title={formatAbsolute(ts, zone)}>
          <Shape state="waiting" size={10} /> {whenText(ts, atMs, zone)} {kind === "version" ? "" : `${kind}: `}
          {title}
        </span>
      ))}
      {marks.length > SHOWN ? <span>and {marks.length - SHOWN} earlier</span> : null}
    </p>
  );
}
