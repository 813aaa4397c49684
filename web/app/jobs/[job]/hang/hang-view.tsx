"use client";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { useState } from "react";
import { ProblemNotice, StaleNote } from "../../../../components/problem.tsx";
import { RangeLink } from "../../../../components/range-link.tsx";
import { Shape } from "../../../../components/state-mark.tsx";
import { Ago } from "../../../../components/time-zone.tsx";
import { useRead } from "../../../../components/use-read.ts";
import type { DoingRow, JobHangData } from "../../../../data/job-hang.ts";
import type { Outcome } from "../../../../data/problem.ts";
import { nodePath } from "../../../../fleet/gpu.ts";
import { count } from "../../../../format/number.ts";
import { formatUnit, UNKNOWN } from "../../../../format/unit.ts";
import { type DoingGroup, operationWords, rankRanges } from "../../../../jobs/doing-groups.ts";
import { jobPath } from "../../../../jobs/paths.ts";
import { EvidenceTable } from "../suspects.tsx";
import { LastCompleted } from "./last-completed.tsx";

export function HangView({ job, initial }: { job: string; initial: Outcome<JobHangData> }) {
  const { data, problem } = useRead<JobHangData>("job-hang", { job }, initial);
  if (data === null) {
    return (
      <main className="page">
        <h1>{job}</h1>
        {problem === null ? null : <ProblemNotice problem={problem} />}
      </main>
    );
  }
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <div className="headline">
        <div className="title">
          <span className="crumb">
            <RangeLink href="/jobs">Jobs</RangeLink> › <RangeLink href={jobPath(job)}>{job}</RangeLink> ›
          </span>
          <h1>{headline(data)}</h1>
        </div>
        {data.dumpsMs === null ? null : (
          <p className="quiet">
            Flight Recorder dumps of {count(data.dumps, "rank")}, written <Ago ms={data.dumpsMs} nowMs={data.atMs} />
          </p>
        )}
      </div>
      {data.tooLargeBytes === null ? null : (
        <section className="notice warning">
          <p>
            The dumps are {formatUnit(data.tooLargeBytes, "bytes")} together, too much for a page. Judge their files
            with <code>lockstep analyze flight-recorder DIR</code>.
          </p>
        </section>
      )}
      {data.notEnoughData === null ? null : (
        <section className="notice">
          <p>{data.notEnoughData}</p>
        </section>
      )}
      {data.findings.map((finding) => (
        <FindingNotice key={finding.summary} finding={finding} />
      ))}
      {data.groups.length === 0 ? null : <DoingGroups groups={data.groups} />}
      {data.doings.length === 0 ? null : <Doings doings={data.doings} />}
      {data.dumps === 0 ? <LastCompleted rows={data.lastCompleted} atMs={data.atMs} /> : null}
    </main>
  );
}

function headline({ job, findings, dumps }: JobHangData): string {
  const [worst] = findings;
  if (worst !== undefined) return worst.summary;
  return dumps === 0 ? `What ${job} last did` : `${job}: all that was entered was completed`;
}

function FindingNotice({ finding }: { finding: Finding }) {
  return (
    <section className="notice critical" style={{ maxWidth: 960 }}>
      <h2>{finding.summary}</h2>
      <p>
        {finding.cause.text || finding.cause.code}
        <span className="quiet"> · {finding.confidence} confidence</span>
      </p>
      <EvidenceTable evidence={finding.evidence} />
    </section>
  );
}

const STATES: Readonly<Record<DoingGroup["state"], string>> = {
  waiting: "waits",
  behind: "is behind",
  completed: "completed all",
  "no dump": "left no dump",
};

function DoingGroups({ groups }: { groups: readonly DoingGroup[] }) {
  return (
    <section className="section" aria-label="What the ranks do">
      <h2>Who does what</h2>
      <div className="table-frame">
        <table className="doings">
          <thead>
            <tr>
              <th>State</th>
              <th>Ranks</th>
              <th>Operation</th>
              <th>Waits for</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={`${group.state} ${group.operation} ${group.ranks[0]}`}>
                <td>
                  <State state={group.state} />
                </td>
                <td className="wrap">{rankRanges(group.ranks)}</td>
                <td>{group.operation ?? UNKNOWN}</td>
                <td className="wrap">{group.waitsFor.length === 0 ? "" : `rank ${rankRanges(group.waitsFor)}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function State({ state }: { state: DoingGroup["state"] }) {
  const wrong = state === "no dump" || state === "behind";
  return (
    <span className={`state ${wrong ? "critical" : "ok"}`}>
      {state === "waiting" ? <i className="mark-unknown" /> : <Shape state={wrong ? "xid" : "ok"} />}
      {STATES[state]}
    </span>
  );
}

const PAGE = 100;

function Doings({ doings }: { doings: readonly DoingRow[] }) {
  const [shown, setShown] = useState(PAGE);
  return (
    <section className="section" aria-label="Each rank">
      <h2>What each rank last did</h2>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th>Rank</th>
              <th>Node</th>
              <th>State</th>
              <th>Operation</th>
              <th>Waits for</th>
            </tr>
          </thead>
          <tbody>
            {doings.slice(0, shown).map((doing) => (
              <tr key={doing.rank}>
                <td>{doing.rank}</td>
                <td>
                  {doing.node === null ? UNKNOWN : <RangeLink href={nodePath(doing.node)}>{doing.node}</RangeLink>}
                </td>
                <td>
                  <State state={doing.state} />
                </td>
                <td>{operationWords(doing) ?? UNKNOWN}</td>
                <td className="wrap">{doing.waitsFor.length === 0 ? "" : `rank ${rankRanges(doing.waitsFor)}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {doings.length > shown ? (
        <button type="button" className="more" onClick={() => setShown(shown + PAGE)}>
          Show more: {shown} of {doings.length} are shown
        </button>
      ) : null}
    </section>
  );
}
