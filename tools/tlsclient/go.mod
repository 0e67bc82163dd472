module scale-cluster-agent/tools/tlsclient

go 1.26.0
