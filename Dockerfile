# The service and the engine are one image; docker-compose.yml says which of the two a container is.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /tools && /tools/bin/pip install --no-cache-dir uv==0.13.9
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY projections projections
COPY api api
COPY consumers consumers
# The lock holds more than the service needs; as a constraint it gives versions and hashes.
RUN UV_PYTHON_DOWNLOADS=never /tools/bin/uv venv /app \
    && /tools/bin/uv pip install --python /app/bin/python --no-cache -c requirements.lock .

FROM python:3.11-slim-bookworm
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system --create-home mastery
USER mastery
EXPOSE 8000
ENTRYPOINT ["mastery"]
CMD ["serve"]
