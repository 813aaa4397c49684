"use client";
import { useTimeZone } from "../../components/time-zone.tsx";
import { whenText } from "../../models/when.ts";

type Shown = {
  readonly live: boolean;
  readonly widened: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly atMs: number;
};

/** From when to when what is shown reaches, where that is not the range of the page. */
export function StretchNote({ live, widened, fromMs, toMs, atMs }: Shown) {
  const zone = useTimeZone();
  if (live && !widened) return null;
  const when = (ms: number) => whenText(ms, atMs, zone);
  return (
    <>
      {" "}
      · {widened ? "the newest windows, " : ""}
      {when(fromMs)} – {live ? "now" : when(toMs)}
    </>
  );
}
