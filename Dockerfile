# test/image.test.ts runs these very steps; an instruction it does not know fails there.

FROM node:24-slim AS packages
WORKDIR /opt/portcullis
COPY package.json package-lock.json ./
# The optional packages are a Node and a PostgreSQL for clones: the base image brings the one, an image for
# production has no use for the other.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
LABEL org.opencontainers.image.title="Portcullis" \
      org.opencontainers.image.description="A security gateway in front of PostgreSQL" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
COPY --from=packages /opt/portcullis/node_modules /opt/portcullis/node_modules/
COPY package.json LICENSE /opt/portcullis/
COPY config/*.schema.json /opt/portcullis/config/
COPY bin /opt/portcullis/bin/
COPY src /opt/portcullis/src/
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
