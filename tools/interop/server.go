package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"

	"github.com/rancher/remotedialer"
)

// serve accepts tunnels at /connect and has a small control API:
//
//	POST /forward?client=K&network=N&address=A  {"port": p}: connections to p are dialled through K's tunnel
//	GET  /client?client=K                       {"connected": true}
//	POST /echo?client=K&network=N&address=A&bytes=B  dials, sends B bytes in one write, reads them back: {"sent": hash, "received": hash}
//	POST /peer?id=I&token=T&url=U               shares clients with another server
//	DELETE /peer?id=I                           no more
//	GET  /stats                                 {"goroutines": n}
func serve(port int, id, token string) error {
	tunnels := remotedialer.New(authorize, remotedialer.DefaultErrorWriter)
	tunnels.PeerID = id
	tunnels.PeerToken = token
	mux := http.NewServeMux()
	mux.Handle("/connect", tunnels)
	mux.HandleFunc("/forward", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		port, err := forward(tunnels.Dialer(q.Get("client")), q.Get("network"), q.Get("address"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, map[string]any{"port": port})
	})
	mux.HandleFunc("/client", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{"connected": tunnels.HasSession(r.URL.Query().Get("client"))})
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		size, err := strconv.Atoi(q.Get("bytes"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		conn, err := tunnels.Dialer(q.Get("client"))(r.Context(), q.Get("network"), q.Get("address"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer conn.Close()
		answer(w, echo(conn, size))
	})
	mux.HandleFunc("/peer", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Method == http.MethodDelete {
			tunnels.RemovePeer(q.Get("id"))
		} else {
			tunnels.AddPeer(q.Get("url"), q.Get("id"), q.Get("token"))
		}
		answer(w, map[string]any{})
	})
	mux.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{"goroutines": runtime.NumGoroutine()})
	})
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	report(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	return http.Serve(listener, mux)
}

func authorize(r *http.Request) (string, bool, error) {
	if r.Header.Get("X-Fail") != "" {
		return "", false, errors.New(r.Header.Get("X-Fail"))
	}
	key := r.Header.Get("X-Tunnel-Id")
	return key, key != "", nil
}

func answer(w http.ResponseWriter, body any) {
	_ = json.NewEncoder(w).Encode(body)
}

// forward opens a port whose connections are dialled through a tunnel.
func forward(dial remotedialer.Dialer, network, address string) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go func() {
		for {
			local, err := listener.Accept()
			if err != nil {
				return
			}
			go join(local, dial, network, address)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func join(local net.Conn, dial remotedialer.Dialer, network, address string) {
	defer local.Close()
	remote, err := dial(context.Background(), network, address)
	if err != nil {
		reset(local)
		return
	}
	defer remote.Close()
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		// Bytes from the tunnel; its failure becomes a reset, so that the other program can tell it from an end.
		if _, err := io.Copy(local, remote); err != nil {
			reset(local)
		}
		_ = local.Close()
	}()
	go func() {
		defer both.Done()
		_, _ = io.Copy(remote, local)
		_ = remote.Close()
	}()
	both.Wait()
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
