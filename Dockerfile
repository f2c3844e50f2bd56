# syntax=docker/dockerfile:1

# Dependencies are wheels; the compiler is for the forwarding loop (sfu/net/native) alone.
FROM debian:bookworm-slim AS build
# Unpinned on purpose: a rebuild is how Debian's security updates get in.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/roda
ENV PATH=/opt/roda/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# The dependencies in a layer of their own: a change of the code does not fetch them again.
COPY pyproject.toml ./
RUN python3 -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print(*p['dependencies'], *p['optional-dependencies']['postgres'], \
*p['optional-dependencies']['redis'], sep='\n')" > requirements.txt \
 && pip install --only-binary=:all: -r requirements.txt
COPY README.md setup.py ./
COPY bots bots
COPY sfu sfu
COPY signaling signaling
COPY turn turn
COPY web web
RUN pip install --no-deps . \
 && cd / && python3 -c "from sfu.net.native_library import NativeLibrary; assert NativeLibrary.load()" \
 && pip uninstall -y -q setuptools pip

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 roda \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin roda \
 && install -d -o roda -g roda -m 0700 /var/lib/roda
COPY --from=build /opt/roda /opt/roda
ENV PATH=/opt/roda/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RODA_HTTP_HOST=0.0.0.0 \
    RODA_DATA_DIR=/var/lib/roda \
    RODA_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/roda
VOLUME /var/lib/roda
EXPOSE 8080/tcp 7882/udp 7882/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python3", "-m", "signaling.healthcheck"]
CMD ["sh", "-c", "roda migrate && exec roda serve"]
