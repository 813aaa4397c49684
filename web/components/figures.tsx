import type { ReactNode } from "react";
import { UNKNOWN } from "../format/unit.ts";

export type Figure = {
  readonly title: string;
  /** "71.2 %": what follows the first blank is set smaller. */
  readonly value: string;
  readonly note?: ReactNode;
};

/** The numbers that matter, large. */
export function Figures({ items }: { items: readonly Figure[] }) {
  return (
    <dl className="figures">
      {items.map((item) => {
        const [figure, ...unit] = item.value.split(" ");
        return (
          <div key={item.title}>
            <dt>{item.title}</dt>
            <dd>
              <div className="value">
                {figure ?? UNKNOWN}
                {unit.length > 0 ? <span className="unit"> {unit.join(" ")}</span> : null}
              </div>
              {item.note === undefined ? null : <div className="note">{item.note}</div>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
