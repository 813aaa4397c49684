"use client";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import type { ComponentProps } from "react";

const KEPT = ["range", "from", "to", "refresh"] as const;

/** A link to another page that keeps the time range and the refresh interval. */
export function RangeLink({ href, ...rest }: Omit<ComponentProps<typeof Link>, "href"> & { href: string }) {
  return <Link prefetch={false} {...rest} href={useRangeHref()(href)} />;
}

export function useRangeHref(): (path: string) => string {
  const search = useSearchParams();
  const kept = new URLSearchParams();
  for (const name of KEPT) {
    const value = search.get(name);
    if (value !== null) kept.set(name, value);
  }
  const text = kept.toString();
  return (path) => (text === "" ? path : `${path}?${text}`);
}
