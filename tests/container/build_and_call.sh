#!/usr/bin/env bash
# Build the image and hold a call through it, with neither a container daemon nor a registry:
# the base image is made on the spot by debootstrap. Needs root, Debian or Ubuntu, and a mirror.
# Prints what it does; exit status 0 only when two bots, one inside and one outside the
# container, saw each other's media.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d -t roda-container.XXXXXX)
image=roda:container-test
base=docker.io/library/debian:bookworm-slim
storage=(--storage-driver vfs --root "$work/storage" --runroot "$work/run")
container=
server=

cleanup() {
  status=$?
  if [ -n "$server" ]; then kill -- "-$server" 2>/dev/null || true; fi
  if [ -n "$container" ]; then buildah "${storage[@]}" rm "$container" >/dev/null || true; fi
  if [ "$status" != 0 ] && [ -f "$work/server.log" ]; then tail -n 40 "$work/server.log" >&2; fi
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP

step() { printf '== %s\n' "$*"; }

need_tools() {
  local missing=()
  for tool in debootstrap podman buildah; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  if [ "${#missing[@]}" != 0 ]; then
    step "installing ${missing[*]}"
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  fi
}

make_base() {
  step "base image $base"
  # An empty DEBIAN_MIRROR leaves the choice to debootstrap.
  debootstrap --variant=minbase bookworm "$work/base" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} \
    >"$work/debootstrap.log" || { tail "$work/debootstrap.log" >&2; return 1; }
  rm -f "$work"/base/var/cache/apt/archives/*.deb
  tar -C "$work/base" -c . | podman "${storage[@]}" import - "$base" >/dev/null
  rm -rf "$work/base"
}

build() {
  step "building $image"
  # What this machine needs to reach its package index, seen by the build and not kept in it. The
  # certificates go to a path of their own: the build installs the usual one.
  local mounts=() certificates=/etc/ssl/certs/ca-certificates.crt
  if [ -e /etc/pip.conf ]; then
    sed 's#^cert *=.*#cert = /etc/build-certificates.crt#' /etc/pip.conf >"$work/pip.conf"
    mounts+=(--volume "$work/pip.conf:/etc/pip.conf:ro")
    cp -L "$certificates" "$work/certificates.crt"
    mounts+=(--volume "$work/certificates.crt:/etc/build-certificates.crt:ro")
  fi
  buildah "${storage[@]}" bud --isolation chroot --network host --pull-never --format docker \
    "${mounts[@]}" --tag "$image" "$root" >"$work/build.log" 2>&1 \
    || { tail -n 30 "$work/build.log" >&2; return 1; }
}

# Chroot isolation shares the machine's network; the image's user, environment and command apply.
inside() {
  buildah "${storage[@]}" run --isolation chroot --network host \
    --env "RODA_HTTP_PORT=$http_port" --env "RODA_MEDIA_PORT=$media_port" \
    --env RODA_ANNOUNCED_IPS=127.0.0.1 "$container" -- "$@"
}

start() {
  container=$(buildah "${storage[@]}" from --pull-never "$image")
  local command
  command=$(buildah "${storage[@]}" inspect --type image \
    --format '{{range .Docker.Config.Cmd}}{{println .}}{{end}}' "$image")
  mapfile -t command <<<"$command"
  step "starting as uid $(inside id -u): ${command[*]}"
  [ "$(inside id -u)" != 0 ]
  set -m
  inside "${command[@]}" >"$work/server.log" 2>&1 &
  server=$!
  set +m
  for _ in $(seq 100); do
    if inside python3 -m signaling.healthcheck 2>/dev/null; then return; fi
    kill -0 "$server"
    sleep 0.2
  done
  return 1
}

call() {
  step "a session by the command line"
  printf 'only-for-this-test\n' | inside roda user add host@example.org --role therapist --name Host
  local link
  link=$(inside roda session create --host host@example.org --name Test --no-waiting-room \
    | grep -o 'http[^ ]*/s/[A-Za-z0-9_-]*' | tail -n 1)
  link="http://127.0.0.1:$http_port/s/${link##*/s/}"
  step "a call: one bot inside, one outside"
  "$root/.venv/bin/python" -m signaling.cli bot "$link" --name outside --duration 8 --json \
    >"$work/outside.json" &
  local outside=$!
  inside roda bot "$link" --name inside --duration 8 --json >"$work/inside.json"
  wait "$outside"
  for report in inside outside; do
    python3 - "$work/$report.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
print({name: report[name] for name in ("name", "join_ms", "frames_decoded", "packets_lost")})
assert report["media_flowed"] and report["frames_decoded"] > 0 and len(report["tracks"]) == 2
PYTHON
  done
}

read -r http_port media_port < <(python3 - <<'PYTHON'
import socket
tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
for one in (tcp, udp):
    one.bind(("127.0.0.1", 0))
print(tcp.getsockname()[1], udp.getsockname()[1])
PYTHON
)
need_tools
make_base
build
start
call
step "stopping"
kill -TERM -- "-$server"
wait "$server" || true
server=
step "done: $(buildah "${storage[@]}" images --format '{{.Size}}' "$image")"
