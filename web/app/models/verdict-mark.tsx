import { Shape } from "../../components/state-mark.tsx";
import { verdictWords } from "../../models/verdicts.ts";

/** A verdict as a shape, a colour and words. */
export function VerdictMark({ verdict, words }: { verdict: string; words?: string }) {
  const text = words ?? verdictWords(verdict);
  if (verdict === "drift" || verdict === "data_quality") {
    return (
      <span className="state warning">
        <Shape state="throttled" />
        {text}
      </span>
    );
  }
  if (verdict === "no_drift") {
    return (
      <span className="state ok">
        <Shape state="ok" />
        {text}
      </span>
    );
  }
  return (
    <span className="state ok">
      <i className="mark-unknown" />
      {text}
    </span>
  );
}
