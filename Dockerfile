# test/image.test.ts runs these very steps; an instruction it does not know fails there.
#
#   docker build .                 on Node, the default
#   docker build --target bun .    on Bun: docs/runtimes.md

FROM node:24-slim AS files
WORKDIR /opt/portcullis
COPY package.json package-lock.json ./
# The optional packages are runtimes and a PostgreSQL for clones: the base images bring the one, images for production
# have no use for the other.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && rm package-lock.json
COPY LICENSE ./
COPY config/*.schema.json config/
COPY bin bin/
COPY src src/

FROM oven/bun:1.4.5-slim AS bun
LABEL org.opencontainers.image.title="Portcullis on Bun" \
      org.opencontainers.image.description="A security gateway in front of PostgreSQL" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
COPY --from=files /opt/portcullis /opt/portcullis/
# What is the same in both images is explained in the other.
RUN ln -s /opt/portcullis/bin/portcullis-bun /usr/local/bin/portcullis \
 && install -d --mode=0700 --owner=1000 --group=1000 /var/lib/portcullis
VOLUME /var/lib/portcullis
WORKDIR /var/lib/portcullis
USER 1000:1000
EXPOSE 6432
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["portcullis", "health"]
ENTRYPOINT ["portcullis"]
CMD ["start"]

FROM node:24-slim
LABEL org.opencontainers.image.title="Portcullis" \
      org.opencontainers.image.description="A security gateway in front of PostgreSQL" \
      org.opencontainers.image.licenses="MIT"
# V8's young generation may grow to 64 MB while many log in, and would never give them back. With semi-spaces of 8 MB
# nothing was measured to cost more (docs/performance.md).
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=8
COPY --from=files /opt/portcullis /opt/portcullis/
# All that is ever written lies in one folder; everything else may be mounted read-only.
RUN ln -s /opt/portcullis/bin/portcullis.cjs /usr/local/bin/portcullis \
 && install -d --mode=0700 --owner=1000 --group=1000 /var/lib/portcullis
VOLUME /var/lib/portcullis
WORKDIR /var/lib/portcullis
# The base image's user `node`, by number: Kubernetes' runAsNonRoot cannot look up a name.
USER 1000:1000
EXPOSE 6432
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["portcullis", "health"]
ENTRYPOINT ["portcullis"]
CMD ["start"]
