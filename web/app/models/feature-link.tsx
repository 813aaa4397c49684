"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { useRangeHref } from "../../components/range-link.tsx";
import { featurePath } from "../../models/paths.ts";

type FeatureLinkProps = {
  readonly model: string;
  readonly feature: string;
  /** Where it is known: two kinds may bear one name. */
  readonly kind: string | null;
  readonly className?: string;
  readonly children?: ReactNode;
};

/** To the page of a feature, the time range kept. */
export function FeatureLink({ model, feature, kind, className, children }: FeatureLinkProps) {
  const href = useRangeHref()(featurePath(model, feature));
  const ofKind = kind === null ? "" : `${href.includes("?") ? "&" : "?"}kind=${encodeURIComponent(kind)}`;
  return (
    <Link prefetch={false} href={`${href}${ofKind}`} {...(className === undefined ? {} : { className })}>
      {children ?? feature}
    </Link>
  );
}
