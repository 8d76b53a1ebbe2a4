# The controller as an image. See "In a container" in README.md for how to run it.
FROM node:22-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY scripts/ scripts/
RUN scripts/install-dependencies.sh
COPY tsconfig.json tsconfig.build.json ./
COPY crds/ crds/
COPY controller/ controller/
RUN node_modules/.bin/tsc -p tsconfig.build.json \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 # What nodegit needs at run time is one binary and its JavaScript.
 && cp node_modules/nodegit/build/Release/nodegit.node /tmp/ \
 && rm -rf node_modules/nodegit/vendor node_modules/nodegit/src node_modules/nodegit/include node_modules/nodegit/build \
 && mkdir -p node_modules/nodegit/build/Release \
 && mv /tmp/nodegit.node node_modules/nodegit/build/Release/ \
 && node -e 'process.exit((require("nodegit").Libgit2.features() & 6) === 6 ? 0 : 1)'

FROM docker:28-cli AS client

FROM node:22-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libgssapi-krb5-2 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=client /usr/local/bin/docker /usr/local/bin/
COPY --from=client /usr/local/libexec/docker/cli-plugins/ /usr/local/libexec/docker/cli-plugins/
WORKDIR /opt/conops
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules/ node_modules/
COPY --from=build /build/dist/ dist/
COPY --from=build /build/crds/ crds/
COPY scripts/conops scripts/conops
COPY LICENSE ./
RUN ln -s /opt/conops/scripts/conops /usr/local/bin/conops
# Loopback would be the container's own. Publish the port on the host's loopback: -p 127.0.0.1:9464:9464.
ENV NODE_ENV=production CONOPS_HTTP=0.0.0.0:9464 CONOPS_LOG_FORMAT=json
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Root: whoever may use the engine's socket is root on the host anyway. README.md says how to run it as another user.
ENTRYPOINT ["/opt/conops/scripts/conops"]
CMD ["run"]
