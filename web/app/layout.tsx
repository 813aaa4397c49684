import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import { type ReactNode, Suspense } from "react";
import { Bar } from "../components/bar.tsx";
import { DemoBanner } from "../components/demo-banner.tsx";
import { Providers } from "../components/providers.tsx";
import { themeOf } from "./theme-cookie.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/tables.css";
import "./styles/charts.css";
import "./styles/pipeline.css";
import "./styles/jobs.css";
import "./styles/models.css";

export const metadata: Metadata = {
  title: { default: "Fleet · Lockstep", template: "%s · Lockstep" },
  description: "A GPU cluster and the models on it, watched as one system.",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1, colorScheme: "dark light" };

export default async function Layout({ children }: { children: ReactNode }) {
  const theme = themeOf(await cookies());
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <html lang="en" {...(theme === null ? {} : { "data-theme": theme })}>
      <body>
        <Providers timeZone={timeZone}>
          <Suspense>
            <Bar />
          </Suspense>
          {process.env["LOCKSTEP_DEMO"] === "1" ? <DemoBanner /> : null}
          {children}
        </Providers>
      </body>
    </html>
  );
}
