package main

import (
	"context"
	"net/http"
	"time"

	"github.com/rancher/remotedialer"
)

// keepConnected holds one tunnel, allows every dial, and opens a new one when it ends.
func keepConnected(url, key string, send int) {
	headers := http.Header{"X-Tunnel-Id": {key}}
	allow := func(proto, address string) bool { return true }
	connected := func(ctx context.Context, session *remotedialer.Session) error {
		report(map[string]any{"connected": true})
		if send > 0 {
			report(echoed(session, send))
		}
		return nil
	}
	for {
		_ = remotedialer.ConnectToProxy(context.Background(), url, headers, allow, nil, connected)
		time.Sleep(50 * time.Millisecond)
	}
}

// echoed dials the server from here, which must allow that.
func echoed(session *remotedialer.Session, size int) map[string]any {
	conn, err := session.Dial(context.Background(), "tcp", "echo:1")
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	defer conn.Close()
	return echo(conn, size)
}
