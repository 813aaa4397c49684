"use client";
import { Sparkline } from "../../components/chart/sparkline.tsx";
import { RangeLink } from "../../components/range-link.tsx";
import { Shape } from "../../components/state-mark.tsx";
import { Ago } from "../../components/time-zone.tsx";
import type { JobSummary, JobsData } from "../../data/jobs.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";
import { kindWords, severityOf } from "../../jobs/finding-view.ts";
import { dollars, gpuTime } from "../../jobs/losses.ts";
import { jobPath } from "../../jobs/paths.ts";

export function JobTable({ data }: { data: JobsData }) {
  return (
    <div className="table-frame">
      <table>
        <thead>
          <tr>
            <th>Job</th>
            <th>State</th>
            <th className="figure">Ranks</th>
            <th className="figure">Step</th>
            <th className="figure">Step time</th>
            <th>over this range</th>
            <th className="figure">Slow-down</th>
            <th className="figure">Goodput</th>
            <th className="figure">GPU time lost</th>
            <th className="figure">Money lost</th>
            <th className="figure">Last heard</th>
          </tr>
        </thead>
        <tbody>
          {data.jobs.map((job) => (
            <JobRow key={job.job} job={job} data={data} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function JobRow({ job, data }: { job: JobSummary; data: JobsData }) {
  const { losses } = job;
  return (
    <tr className="link">
      <td>
        <RangeLink className="row" href={jobPath(job.job)}>
          {job.job}
        </RangeLink>
      </td>
      <td>
        <JobStateMark job={job} live={data.live} />
      </td>
      <td className="figure" title={`on ${job.nodes} nodes`}>
        {formatUnit(job.ranks, "count")}
      </td>
      <td className="figure">{job.lastStep.toLocaleString("en-US")}</td>
      <td className="figure">{formatUnit(job.stepSeconds, "seconds")}</td>
      <td>
        <Sparkline values={job.stepHistory} label={`Step time of ${job.job}`} />
      </td>
      <td className="figure">{job.slowdown === null ? UNKNOWN : `${job.slowdown.toFixed(2)} x`}</td>
      <td className="figure">{losses.goodput === null ? UNKNOWN : formatUnit(losses.goodput * 100, "percent")}</td>
      <td className="figure">{gpuTime(losses.gpuSeconds)}</td>
      <td className="figure">{losses.dollars === null ? UNKNOWN : dollars(losses.dollars)}</td>
      <td className="figure">
        <Ago ms={job.lastMs} nowMs={data.atMs} />
      </td>
    </tr>
  );
}

/** The worst that is open, in two words. */
function JobStateMark({ job, live }: { job: JobSummary; live: boolean }) {
  const [worst] = [...job.open].sort((a, b) => weight(b.kind) - weight(a.kind));
  if (worst !== undefined) {
    const severity = severityOf(worst);
    const more = job.open.length > 1 ? ` and ${job.open.length - 1} more` : "";
    return (
      <span className={`state ${severity}`}>
        <Shape state={severity === "critical" ? "xid" : "throttled"} />
        {kindWords(worst.kind)}
        {more}
      </span>
    );
  }
  if (!live) return <span className="quiet">{job.closed === 0 ? UNKNOWN : `${job.closed} ended`}</span>;
  if (job.state?.progress === "silent") return <Unknown words="silent" />;
  if (job.slowdown === null) return <Unknown words="not judged" />;
  return (
    <span className="state ok">
      <Shape state="ok" />
      even
    </span>
  );
}

function weight(kind: string): number {
  return kind === "hang" ? 2 : kind === "mismatch" ? 1 : 0;
}

function Unknown({ words }: { words: string }) {
  return (
    <span className="state ok">
      <i className="mark-unknown" />
      {words}
    </span>
  );
}
