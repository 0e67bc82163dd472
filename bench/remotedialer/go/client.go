package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rancher/remotedialer"
)

// connect opens the tunnel "bench", and idle ones on demand.
func connect(url string) {
	if err := open(url, "bench"); err != nil {
		fail(err)
	}
	say(answer{"ready": true})
	opened := 0
	obey(func(cmd command) (answer, error) {
		switch cmd.Do {
		case "sessions":
			started := time.Now()
			keys := make(chan string)
			errs := make(chan error, cmd.Parallel)
			for worker := 0; worker < cmd.Parallel; worker++ {
				go func() {
					for key := range keys {
						if err := open(url, key); err != nil {
							errs <- err
							return
						}
					}
					errs <- nil
				}()
			}
			for n := 0; n < cmd.Count; n++ {
				keys <- fmt.Sprintf("idle-%d", opened)
				opened++
			}
			close(keys)
			for worker := 0; worker < cmd.Parallel; worker++ {
				if err := <-errs; err != nil {
					return nil, err
				}
			}
			return answer{"seconds": time.Since(started).Seconds()}, nil
		}
		return nil, fmt.Errorf("unknown command %q", cmd.Do)
	})
}

// open returns when the tunnel is there; it lives as long as the process.
func open(url, key string) error {
	connected := make(chan error, 1)
	allow := func(proto, address string) bool { return true }
	go func() {
		connected <- remotedialer.ConnectToProxyWithDialer(context.Background(), url, http.Header{"X-Tunnel-Id": {key}},
			allow, nil, dialTarget, func(context.Context, *remotedialer.Session) error {
				connected <- nil
				return nil
			})
	}()
	return <-connected
}
