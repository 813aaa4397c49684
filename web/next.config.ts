import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

const config: NextConfig = {
  // Shared packages are TypeScript sources without a build of their own.
  transpilePackages: [
    "@lockstep/analysis",
    "@lockstep/schemas",
    "@lockstep/store",
    "@lockstep/promql",
    "@lockstep/formats",
    "@lockstep/process",
  ],
  serverExternalPackages: ["chdb", "@clickhouse/client", "lmdb", "pino", "re2js", "@opentelemetry/api"],
  turbopack: { root: fileURLToPath(new URL("..", import.meta.url)) },
  poweredByHeader: false,
  reactStrictMode: true,
};

export default config;
