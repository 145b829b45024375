# The bridge as an image: `bridge serve` by default; `bridge worker`, `bridge scheduler` and
# `bridge db migrate` are the same image with another command (compose.yaml).

FROM python:3.13-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/bridge
# The lock without the tools of development; tests/architecture/test_locks.py compares the two.
COPY requirements-image.lock ./
RUN /opt/bridge/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
    -r requirements-image.lock
COPY pyproject.toml README.md LICENSE ./
COPY mappings mappings
COPY bridge bridge
COPY reconciler reconciler
COPY sandbox sandbox
RUN /opt/bridge/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --shell /usr/sbin/nologin bridge \
    && install --directory --owner=bridge --group=bridge --mode=0700 /var/lib/bridge
COPY --from=build /opt/bridge /opt/bridge
COPY mappings /etc/bridge/mappings
ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    BRIDGE_DATA_DIR=/var/lib/bridge \
    BRIDGE_LISTEN=0.0.0.0:8080 \
    BRIDGE_MAPPINGS=/etc/bridge/mappings
USER bridge
WORKDIR /var/lib/bridge
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
CMD ["bridge", "serve"]
