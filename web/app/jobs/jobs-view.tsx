"use client";
import { Figures } from "../../components/figures.tsx";
import { ProblemNotice, StaleNote } from "../../components/problem.tsx";
import { useRead } from "../../components/use-read.ts";
import type { JobSummary, JobsData } from "../../data/jobs.ts";
import type { Outcome } from "../../data/problem.ts";
import { count } from "../../format/number.ts";
import { formatUnit } from "../../format/unit.ts";
import { dollars, gpuTime } from "../../jobs/losses.ts";
import { FindingList } from "./finding-list.tsx";
import { JobTable } from "./job-table.tsx";
import { WaitingJobs } from "./waiting-jobs.tsx";

export function JobsView({ initial }: { initial: Outcome<JobsData> }) {
  const { data, problem } = useRead<JobsData>("jobs", {}, initial, { soon: isBeginning });
  if (data === null) {
    return (
      <main className="page">
        <h1>Jobs</h1>
        {problem === null ? null : <ProblemNotice problem={problem} />}
      </main>
    );
  }
  const open = data.jobs.flatMap((job) => job.open);
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <div className="headline">
        <h1>{headline(data)}</h1>
      </div>
      {data.fileProblems.map((text) => (
        <p key={text} className="stale-note">
          {text}
        </p>
      ))}
      {data.jobs.length === 0 ? null : <Figures items={figuresOf(data)} />}
      <FindingList findings={open} atMs={data.atMs} named />
      {data.jobs.length === 0 ? null : <JobTable data={data} />}
      <WaitingJobs data={data} />
    </main>
  );
}

/** Before the first job is judged. */
function isBeginning({ jobs, live }: JobsData): boolean {
  return live && jobs.every(({ state }) => state?.judgedAtMs == null);
}

function headline({ jobs, live }: JobsData): string {
  const isOpen = (job: JobSummary, kinds?: readonly string[]) =>
    job.open.some(({ kind }) => kinds === undefined || kinds.includes(kind));
  if (jobs.length === 0) return live ? "No job is heard" : "No job was heard in this range";
  const hangs = jobs.filter((job) => isOpen(job, ["hang", "mismatch"]));
  const slow = jobs.filter((job) => isOpen(job) && !hangs.includes(job));
  const parts = [
    ...(hangs.length > 0 ? [`${count(hangs.length, "job stands", "jobs stand")} still`] : []),
    ...(slow.length > 0 ? [`${count(slow.length, "job is", "jobs are")} held up`] : []),
  ];
  if (parts.length > 0) return `${parts.join(", ")}, of ${count(jobs.length, "job")}`;
  return jobs.length === 1 ? "Nothing holds the only job up" : `Nothing holds any of the ${jobs.length} jobs up`;
}

function figuresOf({ jobs, price }: JobsData) {
  const lost = jobs.reduce((sum, { losses }) => sum + losses.gpuSeconds, 0);
  const ranks = jobs.reduce((sum, job) => sum + job.ranks, 0);
  const slowest = Math.max(
    ...jobs.map(({ slowdown }) => slowdown ?? Number.NaN).filter((value) => !Number.isNaN(value)),
  );
  return [
    { title: "Ranks heard", value: formatUnit(ranks, "count") },
    { title: "GPU time lost in this range", value: gpuTime(lost) },
    price === null
      ? { title: "Money lost in this range", value: "–", note: <>set LOCKSTEP_GPU_HOUR_PRICE</> }
      : {
          title: "Money lost in this range",
          value: dollars((lost / 3600) * price),
          note: `at ${dollars(price)} a GPU-hour`,
        },
    {
      title: "Largest slow-down now",
      value: Number.isFinite(slowest) ? `${slowest.toFixed(2)} x` : "–",
      note: "a step against one without its cause",
    },
  ];
}
