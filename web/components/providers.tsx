"use client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { TimeZoneProvider } from "./time-zone.tsx";

export function Providers({ timeZone, children }: { timeZone: string; children: ReactNode }) {
  const [client] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: true } } }),
  );
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>
        <TimeZoneProvider serverZone={timeZone}>{children}</TimeZoneProvider>
      </NuqsAdapter>
    </QueryClientProvider>
  );
}
