# One image for every process: `docker build -t lockstep .`, then `docker run lockstep run ingest` and the like.
# 22.23.3 is the Node that package.json brings; the code is run as it is written, so the two have to agree.
FROM node:22.23.3-bookworm-slim AS build
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1
COPY . .
# Not `npm ci`: the lock leaves out chdb's packages for other platforms, which it takes for a fault.
RUN npm install --no-audit --no-fund
RUN cd web && NODE_ENV=production ../node_modules/.bin/next build && rm -rf .next/cache
# What only building and testing need stays behind.
RUN npm prune --omit=dev --no-audit --no-fund && rm -rf bench e2e

FROM node:22.23.3-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 LOCKSTEP_DATA=/data
COPY --from=build /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
# Pages and API; the collector's listener; the metrics of collector, ingest, watch and web.
EXPOSE 3000 4318 9464 9465 9466 9467
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=32", "/app/cli/src/main.ts"]
CMD ["help"]
