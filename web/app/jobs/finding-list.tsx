"use client";
import { RangeLink } from "../../components/range-link.tsx";
import { Shape } from "../../components/state-mark.tsx";
import { Since } from "../../components/time-zone.tsx";
import { type FindingView, severityOf } from "../../jobs/finding-view.ts";
import { jobPath } from "../../jobs/paths.ts";

type FindingListProps = {
  readonly findings: readonly FindingView[];
  readonly atMs: number;
  /** Say of which job they are. */
  readonly named?: boolean;
};

/** What holds jobs up now, worst first: what it is, why, and since when. */
export function FindingList({ findings, atMs, named = false }: FindingListProps) {
  if (findings.length === 0) return null;
  return (
    <ul className="attention">
      {findings.map((finding) => {
        const severity = severityOf(finding);
        const hangs = severity === "critical";
        return (
          <li key={finding.id}>
            <RangeLink className={`row ${severity}`} href={jobPath(finding.job, hangs ? "hang" : "")}>
              <Shape state={hangs ? "xid" : "throttled"} />
              <span>
                {named ? <strong>{finding.job}</strong> : null}
                {named ? ": " : ""}
                {finding.summary}
                <span className="quiet"> · {causeWords(finding)}</span>
              </span>
              <span className="since">
                <Since ms={finding.openedMs} nowMs={atMs} earlier={false} />
              </span>
              <span className="go" aria-hidden="true">
                ›
              </span>
            </RangeLink>
          </li>
        );
      })}
    </ul>
  );
}

export function causeWords({ cause }: Pick<FindingView, "cause">): string {
  return cause.text === "" ? cause.code.replaceAll("_", " ") : cause.text;
}
