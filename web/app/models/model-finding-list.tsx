"use client";
import type { ReactNode } from "react";
import { RangeLink } from "../../components/range-link.tsx";
import { Shape } from "../../components/state-mark.tsx";
import { useTimeZone } from "../../components/time-zone.tsx";
import { formatAbsolute, formatAgo } from "../../format/time.ts";
import { kindWords, type ModelFinding } from "../../models/finding-view.ts";
import { modelPath } from "../../models/paths.ts";
import { isLongAgo, whenText } from "../../models/when.ts";
import { FeatureLink } from "./feature-link.tsx";

type FindingListProps = {
  readonly findings: readonly ModelFinding[];
  readonly atMs: number;
  /** Say of which model they are. */
  readonly named?: boolean;
};

const SHOWN = 8;

/** What watch says often begins with the model's name, which stands before it or above it here. */
function withoutName({ model, summary }: ModelFinding): string {
  return summary.startsWith(`${model}: `) ? summary.slice(model.length + 2) : summary;
}

/** What is wrong with models now: what it is, and since when. */
export function ModelFindingList({ findings, atMs, named = false }: FindingListProps) {
  const zone = useTimeZone();
  if (findings.length === 0) return null;
  return (
    <ul className="attention">
      {findings.slice(0, SHOWN).map((finding) => (
        <li key={finding.id}>
          <FindingLink finding={finding}>
            <Shape state={finding.kind === "broken_replica" ? "xid" : "throttled"} />
            <span>
              {named ? <strong>{finding.model}</strong> : null}
              {named ? ": " : ""}
              {withoutName(finding)}
              <span className="quiet">
                {" "}
                · {kindWords(finding.kind)}, {finding.confidence} confidence
              </span>
            </span>
            <time
              className="since"
              dateTime={new Date(finding.fromMs).toISOString()}
              title={formatAbsolute(finding.fromMs, zone)}
            >
              since {sinceText(finding.fromMs, atMs, zone)}
            </time>
            <span className="go" aria-hidden="true">
              ›
            </span>
          </FindingLink>
        </li>
      ))}
      {findings.length > SHOWN ? (
        <li>
          <span className="row quiet">and {findings.length - SHOWN} more, below</span>
        </li>
      ) : null}
    </ul>
  );
}

type FindingLinkProps = { readonly finding: ModelFinding; readonly children: ReactNode };

function FindingLink({ finding: { model, feature, of }, children }: FindingLinkProps) {
  if (feature !== null) {
    return (
      <FeatureLink className="row warning" model={model} feature={feature} kind={of}>
        {children}
      </FeatureLink>
    );
  }
  return (
    <RangeLink className="row warning" href={modelPath(model)}>
      {children}
    </RangeLink>
  );
}

/** Of what is years ago the date says enough. */
function sinceText(ms: number, nowMs: number, zone: string): string {
  const when = whenText(ms, nowMs, zone);
  return isLongAgo(ms, nowMs) ? when : `${when} (${formatAgo(ms, nowMs)})`;
}
