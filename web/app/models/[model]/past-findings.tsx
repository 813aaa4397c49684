"use client";
import { useTimeZone } from "../../../components/time-zone.tsx";
import { formatAbsolute, formatDuration } from "../../../format/time.ts";
import { kindWords, type ModelFinding } from "../../../models/finding-view.ts";

/** What was wrong with the model earlier in this stretch. */
export function PastFindings({ findings }: { findings: readonly ModelFinding[] }) {
  const zone = useTimeZone();
  const past = findings.filter(({ closedMs }) => closedMs !== null);
  if (past.length === 0) return null;
  return (
    <section className="section" aria-label="Earlier findings">
      <h2>Earlier</h2>
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th>What</th>
              <th>Finding</th>
              <th>Feature</th>
              <th>Began</th>
              <th className="figure">Lasted</th>
            </tr>
          </thead>
          <tbody>
            {past.map((finding) => (
              <tr key={finding.id}>
                <td>{kindWords(finding.kind)}</td>
                <td className="wrap">{finding.summary}</td>
                <td>{finding.feature ?? ""}</td>
                <td>{formatAbsolute(finding.fromMs, zone)}</td>
                <td className="figure">{formatDuration((finding.closedMs ?? finding.fromMs) - finding.fromMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
