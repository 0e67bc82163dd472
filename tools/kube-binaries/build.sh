#!/usr/bin/env bash
# Builds etcd, the parts of a Kubernetes control plane, kwok and kwokctl from their Go modules.
#
#   ./build.sh [DIR [NAME...]]     DIR: ./bin; NAME: all of them
#
# What DIR holds already is left alone. Needs Go >= 1.25 and its module proxy.
set -euo pipefail
cd "$(dirname "$0")"

mkdir -p "${1:-bin}"
dir=$(cd "${1:-bin}" && pwd)
names=("${@:2}")
[ ${#names[@]} -gt 0 ] || names=(etcd kube-apiserver kube-controller-manager kube-scheduler kwok kwokctl)

kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${kubernetes#v1.}
# What a released kube-apiserver says at /version comes from the linker too.
set_version() { printf -- '-X k8s.io/component-base/version.%s=%s ' gitVersion "$kubernetes" gitMajor 1 gitMinor "${minor%%.*}"; }

for name in "${names[@]}"; do
  [ -x "$dir/$name" ] && continue
  echo "building $name" >&2
  case $name in
    kwok | kwokctl) GOBIN=$dir go install "sigs.k8s.io/kwok/cmd/$name@v0.8.0" ;;
    *) go build -p 2 -ldflags "-s -w $(set_version)" -o "$dir/$name" "./$name" ;;
  esac
done
