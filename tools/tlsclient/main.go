// Command tlsclient is Go's own crypto/tls and net/http as the other end in tests of our TLS server.
//
//	tlsclient [flags] ADDRESS echo BYTES         sends random bytes while reading as many; tells the hashes of both
//	tlsclient [flags] ADDRESS halfclose BYTES    sends, closes its writing side, and reads to the end
//	tlsclient [flags] ADDRESS get COUNT          requests / that often, each on a connection of its own
//	tlsclient [flags] ADDRESS parallel COUNT     so many connections at once, each echoing 64 KiB
//	tlsclient [flags] ADDRESS hold COUNT         requests / on so many connections, and keeps them open
//	tlsclient [flags] ADDRESS reuse COUNT        requests / that often on one connection of net/http
//
// It prints one line of JSON. With hold it then waits for the end of its standard input.
package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var curves = map[string]tls.CurveID{
	"X25519":         tls.X25519,
	"P256":           tls.CurveP256,
	"P384":           tls.CurveP384,
	"X25519MLKEM768": tls.X25519MLKEM768,
}

type client struct {
	network, address string
	config           *tls.Config
}

func main() {
	ca := flag.String("ca", "", "file with the CA's PEM")
	network := flag.String("network", "tcp", "tcp or unix")
	curveNames := flag.String("curves", "", "names of curves with commas; Go's own choice if empty")
	protocols := flag.String("alpn", "", "protocols with commas")
	max := flag.String("max", "1.3", "highest version of TLS")
	flag.Parse()
	config, err := configure(*ca, *curveNames, *protocols, *max)
	if err != nil || flag.NArg() != 3 {
		fail(fmt.Errorf("usage: tlsclient [flags] ADDRESS COMMAND NUMBER: %w", err))
	}
	number, err := strconv.Atoi(flag.Arg(2))
	if err != nil {
		fail(err)
	}
	c := client{network: *network, address: flag.Arg(0), config: config}
	facts, err := c.run(flag.Arg(1), number)
	if err != nil {
		facts = map[string]any{"error": err.Error()}
	}
	_ = json.NewEncoder(os.Stdout).Encode(facts)
	if flag.Arg(1) == "hold" {
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

func configure(ca, curveNames, protocols, max string) (*tls.Config, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: roots, ServerName: "localhost"}
	for _, name := range split(curveNames) {
		config.CurvePreferences = append(config.CurvePreferences, curves[name])
	}
	config.NextProtos = split(protocols)
	if max == "1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	return config, nil
}

func (c client) run(command string, number int) (map[string]any, error) {
	switch command {
	case "echo":
		return c.echo(number)
	case "halfclose":
		return c.halfClose(number)
	case "get":
		return c.get(number)
	case "parallel":
		return c.parallel(number)
	case "hold":
		return c.hold(number)
	case "reuse":
		return c.reuse(number)
	}
	return nil, fmt.Errorf("no such command: %s", command)
}

func (c client) dial() (*tls.Conn, error) {
	return tls.Dial(c.network, c.address, c.config)
}

// echo sends and receives at the same time, as both ends' buffers are smaller than what is sent.
func (c client) echo(size int) (map[string]any, error) {
	conn, err := c.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	sent, received := sha256.New(), sha256.New()
	written := make(chan error, 1)
	go func() {
		_, err := io.Copy(conn, io.TeeReader(io.LimitReader(rand.Reader, int64(size)), sent))
		written <- err
	}()
	if _, err := io.CopyN(received, conn, int64(size)); err != nil {
		return nil, err
	}
	if err := <-written; err != nil {
		return nil, err
	}
	facts := state(conn)
	facts["sent"], facts["received"] = hex.EncodeToString(sent.Sum(nil)), hex.EncodeToString(received.Sum(nil))
	return facts, nil
}

func (c client) halfClose(size int) (map[string]any, error) {
	conn, err := c.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	sent, received := sha256.New(), sha256.New()
	if _, err := io.Copy(conn, io.TeeReader(io.LimitReader(rand.Reader, int64(size)), sent)); err != nil {
		return nil, err
	}
	if err := conn.CloseWrite(); err != nil {
		return nil, err
	}
	// Without the server's close_notify this is io.ErrUnexpectedEOF.
	if _, err := io.Copy(received, conn); err != nil {
		return nil, err
	}
	facts := state(conn)
	facts["sent"], facts["received"] = hex.EncodeToString(sent.Sum(nil)), hex.EncodeToString(received.Sum(nil))
	return facts, nil
}

const getRequest = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: tlsclient\r\nAccept: */*\r\n\r\n"

func (c client) request(conn *tls.Conn) error {
	if _, err := conn.Write([]byte(getRequest)); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	_, err := conn.Read(answer)
	return err
}

func (c client) get(count int) (map[string]any, error) {
	for range count {
		conn, err := c.dial()
		if err != nil {
			return nil, err
		}
		if err := c.request(conn); err != nil {
			return nil, err
		}
		_ = conn.Close()
	}
	return map[string]any{"done": count}, nil
}

func (c client) hold(count int) (map[string]any, error) {
	for range count {
		conn, err := c.dial()
		if err != nil {
			return nil, err
		}
		if err := c.request(conn); err != nil {
			return nil, err
		}
		held = append(held, conn)
	}
	return map[string]any{"held": count}, nil
}

var held []*tls.Conn

func (c client) parallel(count int) (map[string]any, error) {
	var group sync.WaitGroup
	failures := make(chan string, count)
	for range count {
		group.Go(func() {
			facts, err := c.echo(64 * 1024)
			if err != nil {
				failures <- err.Error()
			} else if facts["sent"] != facts["received"] {
				failures <- "other bytes came back"
			}
		})
	}
	group.Wait()
	close(failures)
	for failure := range failures {
		return nil, fmt.Errorf("%s", failure)
	}
	return map[string]any{"done": count}, nil
}

func (c client) reuse(count int) (map[string]any, error) {
	transport := &http.Transport{TLSClientConfig: c.config, MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	web := http.Client{Transport: transport, Timeout: time.Minute}
	received := 0
	for range count {
		response, err := web.Get("https://" + c.address + "/")
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return nil, err
		}
		received += len(body)
	}
	return map[string]any{"done": count, "bytes": received}, nil
}

func state(conn *tls.Conn) map[string]any {
	state := conn.ConnectionState()
	return map[string]any{
		"version":  tls.VersionName(state.Version),
		"suite":    tls.CipherSuiteName(state.CipherSuite),
		"protocol": state.NegotiatedProtocol,
		"curve":    state.CurveID.String(),
	}
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
