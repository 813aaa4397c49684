"use client";
import { useState } from "react";
import type { Attention } from "../fleet/attention.ts";
import { RangeLink } from "./range-link.tsx";
import { Shape } from "./state-mark.tsx";
import { Since } from "./time-zone.tsx";

const SHOWN_AT_FIRST = 5;

type AttentionListProps = {
  readonly items: readonly Attention[];
  readonly atMs: number;
  /** Where the page is: an item that leads there is no link; true: none is. */
  readonly here?: boolean | string;
};

/** What wants a look, worst first; nothing at all when all is well. */
export function AttentionList({ items, atMs, here = false }: AttentionListProps) {
  const [all, setAll] = useState(false);
  if (items.length === 0) return null;
  const shown = all ? items : items.slice(0, SHOWN_AT_FIRST);
  return (
    <section className="attention" aria-label="Attention">
      <ul>
        {shown.map((item) => (
          <li key={item.id}>
            {here === true || item.href === here ? (
              <div className={`row ${item.severity}`}>
                <Item item={item} atMs={atMs} />
              </div>
            ) : (
              <RangeLink href={item.href} className={`row ${item.severity}`}>
                <Item item={item} atMs={atMs} />
                <span className="go" aria-hidden="true">
                  ›
                </span>
              </RangeLink>
            )}
          </li>
        ))}
      </ul>
      {items.length > SHOWN_AT_FIRST ? (
        <button type="button" className="more" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${items.length - SHOWN_AT_FIRST} more`}
        </button>
      ) : null}
    </section>
  );
}

function Item({ item, atMs }: { item: Attention; atMs: number }) {
  return (
    <>
      <Shape state={item.kind} />
      <span>{item.text}</span>
      {item.sinceMs === null ? null : (
        <span className="since">
          <Since ms={item.sinceMs} nowMs={atMs} earlier={item.earlier} />
        </span>
      )}
    </>
  );
}
