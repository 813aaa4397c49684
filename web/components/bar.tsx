"use client";
import { usePathname } from "next/navigation";
import { RangeLink } from "./range-link.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";
import { TimeControls } from "./time-controls.tsx";

/** In the order the pages will stand when all are there. */
const PAGES = [
  { href: "/", title: "Fleet", prefixes: ["/nodes/", "/gpus/"] },
  { href: "/jobs", title: "Jobs", prefixes: ["/jobs/"] },
  { href: "/models", title: "Models", prefixes: ["/models/"] },
  { href: "/targets", title: "Targets", prefixes: [] },
  { href: "/pipeline", title: "Pipeline", prefixes: [] },
] as const;

export function Bar() {
  const path = usePathname();
  return (
    <header className="bar">
      <RangeLink href="/" className="brand" aria-label="Lockstep, to the fleet">
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
          <g fill="var(--accent)">
            <rect x="2" y="3" width="3" height="14" rx="1" />
            <rect x="7" y="3" width="3" height="14" rx="1" />
            <rect x="15" y="3" width="3" height="14" rx="1" />
          </g>
          <rect x="11" y="6" width="3" height="11" rx="1" fill="var(--warning-mark)" />
        </svg>
        Lockstep
      </RangeLink>
      <nav aria-label="Pages">
        {PAGES.map((page) => {
          const here = path === page.href || page.prefixes.some((prefix) => path.startsWith(prefix));
          return (
            <RangeLink key={page.href} href={page.href} {...(here ? { "aria-current": "page" as const } : {})}>
              {page.title}
            </RangeLink>
          );
        })}
      </nav>
      <div className="controls">
        <TimeControls />
        <ThemeToggle />
      </div>
    </header>
  );
}
