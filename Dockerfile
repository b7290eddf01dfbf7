# Countersign as an image: docs/operate.md says how it is run.
#
#   docker build --tag countersign:0.1.0 .

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY constraints.txt ./
# Everything is fetched here, each file checked against its hash; from here on nothing is fetched.
RUN pip download --no-cache-dir --disable-pip-version-check --quiet \
    --require-hashes --only-binary :all: --requirement constraints.txt --dest /wheels
COPY pyproject.toml README.md ./
COPY adapters ./adapters
COPY bot ./bot
COPY core ./core
COPY playground ./playground
COPY storage ./storage
# Of the wheels only what the server needs is installed: not the tools that build and test it.
# Their versions are those of constraints.txt, since no others are there.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --disable-pip-version-check --quiet \
    --no-index --find-links /wheels hatchling \
 && pip wheel --no-cache-dir --disable-pip-version-check --quiet \
    --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m venv /opt/countersign \
 && /opt/countersign/bin/pip install --no-cache-dir --disable-pip-version-check --quiet \
    --no-index --find-links /wheels 'countersign[tracing]' \
 && /opt/countersign/bin/pip uninstall --quiet --yes pip setuptools

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="Countersign" \
      org.opencontainers.image.description="Approvals for AI agents, decided in Slack and Microsoft Teams"
ENV PATH=/opt/countersign/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# The numbers and not the names: Kubernetes' runAsNonRoot can read only numbers.
RUN groupadd --gid 10001 countersign \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin countersign \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/countersign /opt/countersign
USER 10001:10001
# With SQLite the database and the keys that the server makes lie here.
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Whether it can serve: 503 while the database or the scheduler do not work.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["countersign"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--log-json"]
