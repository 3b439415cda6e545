# The four services, one image each:  docker build --build-arg SERVICE=ticket --tag ticketer-ticket .
# The stage `build` makes all four and knows nothing of SERVICE, so that four images cost one build.

FROM rust:1.95.0-slim-bookworm AS rust
WORKDIR /src

# What decides whether the dependencies are built again: the manifests, around sources that are empty.
FROM rust AS manifests
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' \
        ! -regex '.*/\(main\|lib\|tests/[^/]*\)\.rs' -delete \
    && find . -type d -empty -delete \
    && find . -name '*.rs' -exec sh -c 'echo "fn main() { }" > "$1"' empty {} \;

FROM rust AS build
COPY --from=manifests /src .
RUN cargo build --release --locked -p auth -p event -p ticket -p payment
COPY . .
# By the times that the files bring along, the empty sources would look like the newer ones.
RUN find . -path ./target -prune -o -name '*.rs' -exec touch {} + \
    && cargo build --release --locked -p auth -p event -p ticket -p payment \
    && for service in auth event ticket payment; do \
        install -D --strip "target/release/$service" "/out/$service/$service" \
        && ln -s "$service" "/out/$service/service"; \
    done

FROM gcr.io/distroless/cc-debian12:nonroot AS runtime
ARG SERVICE
LABEL org.opencontainers.image.title="ticketer-${SERVICE}" \
      org.opencontainers.image.licenses="MIT"
# The binary under its own name, and the link by which it starts.
COPY --from=build /out/${SERVICE}/ /
USER 65532:65532
ENTRYPOINT ["/service"]
