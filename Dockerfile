# Songwright as a server for a team: `docker build .`, or `docker compose up` (compose.yaml). docs/operating.md explains
# the settings. It runs with a read-only root file system and writes to /data and /tmp only.
# The digest is that of the image for all processors; a tag alone may mean another image tomorrow.
FROM python:3.13.14-slim-trixie@sha256:6771159cd4fa5d9bba1258caf0b82e6b73458c694d178ad97c5e925c2d0e1a91 AS base

FROM base AS build
WORKDIR /src
COPY requirements-service.txt ./
COPY deploy/build-image.sh deploy/
RUN deploy/build-image.sh packages /opt/songwright
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY sandbox sandbox
COPY tools tools
COPY prompts prompts
RUN deploy/build-image.sh program /opt/songwright

FROM base
# The registry of MCP servers takes it as proof that the image belongs to the entry.
LABEL io.modelcontextprotocol.server.name="io.github.songwright-mcp/songwright"
RUN groupadd --gid 10001 songwright \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin songwright \
    && install --directory --owner=songwright --group=songwright --mode=0750 /data
COPY --from=build /opt/songwright /opt/songwright
ENV PATH=/opt/songwright/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SONGWRIGHT_CONFIG=/etc/songwright/config.toml \
    SONGWRIGHT_HOST=0.0.0.0 \
    SONGWRIGHT_PORT=8787 \
    SONGWRIGHT_LIBRARY=/data/library \
    SONGWRIGHT_STATE_DIR=/data/state \
    SONGWRIGHT_LOG_FORMAT=json \
    SONGWRIGHT_LOG_LEVEL=INFO
WORKDIR /data
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["songwright", "health"]
ENTRYPOINT ["songwright"]
CMD ["serve", "--http"]
