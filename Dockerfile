# syntax=docker/dockerfile:1
# ServerGem itself: what it runs with and nothing else, not root, on a file system that may be read-only.
FROM python:3.12-slim AS built
WORKDIR /src
RUN python -m venv /opt/servergem
COPY requirements.lock ./
RUN /opt/servergem/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/servergem/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home servergem
COPY --from=built /opt/servergem /opt/servergem
ENV PATH=/opt/servergem/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SERVERGEM_DATA=/data PORT=8080
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
CMD ["servergem", "serve"]
