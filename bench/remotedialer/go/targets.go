package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// dialTarget serves dials inside this process, so that the library is measured and not sockets behind it:
// "source:N" gives N bytes and ends, "sink:N" takes N bytes and answers one, "echo:0" returns what it gets.
func dialTarget(_ context.Context, _, address string) (net.Conn, error) {
	kind, number, _ := strings.Cut(address, ":")
	bytes, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, err
	}
	// Only for the methods that nobody calls: addresses and deadlines.
	idle, _ := net.Pipe()
	switch kind {
	case "source":
		return &source{Conn: idle, left: bytes}, nil
	case "sink":
		return &sink{Conn: idle, left: bytes, done: make(chan struct{}), closed: make(chan struct{})}, nil
	case "echo":
		near, far := net.Pipe()
		go func() {
			_, _ = io.Copy(far, far)
			_ = far.Close()
		}()
		return near, nil
	}
	return nil, fmt.Errorf("no target %q", address)
}

type source struct {
	net.Conn
	left int64
}

func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), s.left)
	s.left -= n
	return int(n), nil
}

func (s *source) Write(p []byte) (int, error) { return len(p), nil }

type sink struct {
	net.Conn
	left     int64
	done     chan struct{}
	answered bool
	once     sync.Once
	closed   chan struct{}
}

func (s *sink) Write(p []byte) (int, error) {
	s.left -= int64(len(p))
	if s.left == 0 {
		close(s.done)
	}
	return len(p), nil
}

func (s *sink) Read(p []byte) (int, error) {
	if s.answered {
		<-s.closed
		return 0, io.EOF
	}
	select {
	case <-s.done:
		s.answered = true
		p[0] = 1
		return 1, nil
	case <-s.closed:
		return 0, io.EOF
	}
}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
