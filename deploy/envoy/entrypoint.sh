#!/bin/sh
# Fills in envoy.yaml from the environment, and becomes Envoy. Run in Envoy's own image, which has a shell and
# little else: the file is read as a here-document, in which the shell replaces what stands in braces behind
# a dollar sign. A variable that is missing ends it.
set -eu
template=${ENVOY_TEMPLATE:-/etc/parlando/envoy.yaml}
configuration=$(eval "cat <<end-of-envoy.yaml
$(cat "$template")
end-of-envoy.yaml
")
exec envoy --config-yaml "$configuration" --concurrency "${CONCURRENCY:-2}" --disable-hot-restart -l warning "$@"
