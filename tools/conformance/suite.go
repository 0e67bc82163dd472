// Package conformance pins the versions of the Kubernetes end-to-end suite and of the ginkgo that runs it. The
// suite itself is built from its module: `go test -c k8s.io/kubernetes/test/e2e`.
package conformance

import _ "k8s.io/kubernetes/test/e2e"
