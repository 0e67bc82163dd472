package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
)

// echo writes random bytes in one Write, which makes one protocol message, reads as many back, and tells the hashes.
func echo(conn net.Conn, size int) map[string]any {
	sent := make([]byte, size)
	_, _ = rand.Read(sent)
	received := make([]byte, size)
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(sent)
		written <- err
	}()
	if _, err := io.ReadFull(conn, received); err != nil {
		return map[string]any{"error": err.Error()}
	}
	if err := <-written; err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"sent": hash(sent), "received": hash(received)}
}

func hash(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:])
}
