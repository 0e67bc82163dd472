package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/rancher/remotedialer"
)

const chunkBytes = 64 * 1024

// serve accepts tunnels and measures what goes through the one of the client "bench".
func serve() {
	tunnels := remotedialer.New(func(r *http.Request) (string, bool, error) {
		key := r.Header.Get("X-Tunnel-Id")
		return key, key != "", nil
	}, remotedialer.DefaultErrorWriter)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	go func() { fail(http.Serve(listener, tunnels)) }()
	say(answer{"port": listener.Addr().(*net.TCPAddr).Port})
	dial := func(address string) (net.Conn, error) {
		return tunnels.Dialer("bench")(context.Background(), "tcp", address)
	}
	obey(func(cmd command) (answer, error) {
		switch cmd.Do {
		case "wait":
			for len(tunnels.ListClients()) < cmd.Count {
				time.Sleep(5 * time.Millisecond)
			}
			return answer{}, nil
		case "stream":
			return stream(dial, cmd)
		case "echo":
			return echo(dial, cmd)
		case "open":
			return openAndClose(dial, cmd)
		}
		return nil, fmt.Errorf("unknown command %q", cmd.Do)
	})
}

type dialFunc func(address string) (net.Conn, error)

// together runs count functions at the same time.
func together(count int, run func(index int) error) error {
	errs := make(chan error, count)
	for index := 0; index < count; index++ {
		go func() { errs <- run(index) }()
	}
	var first error
	for index := 0; index < count; index++ {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func stream(dial dialFunc, cmd command) (answer, error) {
	started := time.Now()
	err := together(cmd.Streams, func(int) error {
		if cmd.Direction == "down" {
			return download(dial, cmd.Bytes)
		}
		return upload(dial, cmd.Bytes)
	})
	return answer{"seconds": time.Since(started).Seconds()}, err
}

func download(dial dialFunc, bytes int64) error {
	conn, err := dial(fmt.Sprintf("source:%d", bytes))
	if err != nil {
		return err
	}
	defer conn.Close()
	buffer := make([]byte, chunkBytes)
	for got := int64(0); got < bytes; {
		n, err := conn.Read(buffer)
		got += int64(n)
		if err != nil && got < bytes {
			return fmt.Errorf("the stream ended after %d bytes: %w", got, err)
		}
	}
	return nil
}

func upload(dial dialFunc, bytes int64) error {
	conn, err := dial(fmt.Sprintf("sink:%d", bytes))
	if err != nil {
		return err
	}
	defer conn.Close()
	chunk := make([]byte, chunkBytes)
	for sent := int64(0); sent < bytes; {
		n, err := conn.Write(chunk[:min(chunkBytes, bytes-sent)])
		if err != nil {
			return err
		}
		sent += int64(n)
	}
	_, err = io.ReadFull(conn, chunk[:1])
	return err
}

func echo(dial dialFunc, cmd command) (answer, error) {
	took := make([][]float64, cmd.Parallel)
	err := together(cmd.Parallel, func(index int) error {
		conn, err := dial("echo:0")
		if err != nil {
			return err
		}
		defer conn.Close()
		message := make([]byte, cmd.Bytes)
		for n := 0; n < cmd.Count; n++ {
			started := time.Now()
			if _, err := conn.Write(message); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, message); err != nil {
				return err
			}
			took[index] = append(took[index], float64(time.Since(started).Nanoseconds())/1e3)
		}
		return nil
	})
	all := slices.Concat(took...)
	slices.Sort(all)
	if len(all) == 0 {
		return nil, fmt.Errorf("no echo came back: %w", err)
	}
	return answer{"p50": all[len(all)/2], "p99": all[len(all)*99/100]}, err
}

func openAndClose(dial dialFunc, cmd command) (answer, error) {
	started := time.Now()
	err := together(cmd.Parallel, func(int) error {
		for n := 0; n < cmd.Count/cmd.Parallel; n++ {
			conn, err := dial("echo:0")
			if err != nil {
				return err
			}
			one := []byte{1}
			if _, err := conn.Write(one); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, one); err != nil {
				return err
			}
			if err := conn.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return answer{"seconds": time.Since(started).Seconds()}, err
}
