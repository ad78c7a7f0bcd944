# The server's image: `docker build -t wholexale .`
# It holds no secrets and no settings but where it listens; .env.example lists what to set.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --no-deps --require-hashes -r requirements.txt
COPY . .
# Outside /app, because a development boot also makes throw-away secrets there.
RUN DATA_DIR=/build /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m compileall -q /app /venv

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin wholexale
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build /build/static /app/var/static
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/app/var
USER 10001:10001
EXPOSE 8000
# Ready means: the database answers, its migrations are applied, and the server is not shutting down.
# The Host header is the first of ALLOWED_HOSTS, because production answers to no other name.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:' + os.environ['PORT'] + '/health/ready', headers={'Host': os.environ.get('ALLOWED_HOSTS', 'localhost').split(',')[0].strip().lstrip('.')}), timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["python", "manage.py", "serve"]
