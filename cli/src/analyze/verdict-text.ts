/** Verdicts for a person at a terminal: the answer first, then the numbers it rests on. */
import type { Evidence, Finding, Verdict } from "@lockstep/schemas/domain/finding";

const LINE = 100;

export function verdictText(verdicts: readonly Verdict[]): string[] {
  const findings = verdicts.flatMap((verdict) => verdict.findings);
  const unjudged = verdicts.filter(({ not_enough_data }) => not_enough_data !== undefined);
  const lines = [headline(verdicts, findings.length), ""];
  for (const finding of findings) lines.push(...findingText(finding), "");
  for (const { job, not_enough_data } of unjudged)
    lines.push(`${nameOf(job)}: not enough data: ${not_enough_data}`, "");
  return lines;
}

function headline(verdicts: readonly Verdict[], findings: number): string {
  if (verdicts.length === 0) return "Nothing to judge was found.";
  if (findings === 0 && verdicts.some(({ not_enough_data }) => not_enough_data === undefined)) {
    return "No straggler, no slow link, no hang.";
  }
  return findings === 0 ? "No verdict." : findings === 1 ? "1 finding" : `${findings} findings`;
}

function nameOf(job: string): string {
  return job === "" ? "the job" : `job ${job}`;
}

function findingText(finding: Finding): string[] {
  const { summary, cause, confidence, job } = finding;
  return [
    `! ${summary}`,
    ...facts(finding).map((fact) => `  ${fact}`),
    `  cause: ${cause.code === "unknown" ? "not known" : cause.code}${cause.text === summary ? "" : `: ${cause.text}`}`,
    ...finding.evidence.map((evidence) => `    ${evidenceText(evidence)}`),
    `  confidence: ${confidence}; ${nameOf(job)}`,
  ].map((line) => (line.length > 3 * LINE ? `${line.slice(0, 3 * LINE)}...` : line));
}

function facts({ first_step, last_step, slowdown, waste_gpu_seconds, from, to }: Finding): string[] {
  return [
    first_step !== undefined && `steps ${first_step} to ${last_step ?? "now"}`,
    from !== undefined &&
      `from ${new Date(from).toISOString()}${to === undefined ? "" : ` to ${new Date(to).toISOString()}`}`,
    slowdown !== undefined && `the job's steps take ${slowdown.toFixed(2)} times as long because of it`,
    waste_gpu_seconds !== undefined && `others waited ${gpuTime(waste_gpu_seconds)} for it`,
  ].filter((fact) => fact !== false);
}

function gpuTime(seconds: number): string {
  return seconds >= 3600 ? `${three(seconds / 3600)} GPU-hours` : `${three(seconds)} GPU-seconds`;
}

function evidenceText({ what, value, unit, peers, z }: Evidence): string {
  const shown = typeof value === "number" ? three(value) : value;
  const against =
    peers === undefined ? "" : `, peers ${three(peers.median)} (${three(peers.low)} to ${three(peers.high)})`;
  return `${what}: ${shown}${unit === "" ? "" : ` ${unit}`}${against}${z === undefined ? "" : `, z ${z.toFixed(1)}`}`;
}

/** Three significant digits. */
function three(value: number): string {
  if (!Number.isFinite(value)) return "not known";
  return Math.abs(value) >= 100
    ? value.toLocaleString("en", { maximumFractionDigits: 0 })
    : String(Number(value.toPrecision(3)));
}
