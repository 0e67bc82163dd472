// Command peer is the unmodified Go remotedialer as the other end in interop tests.
//
//	peer server [-port N] [-id ID -token TOKEN]  accepts tunnels and forwards TCP ports through them
//	peer client [-send BYTES] URL KEY            keeps a tunnel open and dials whatever it is asked to
//
// It prints lines of JSON (the first when it is ready) and ends when its standard input is closed.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"
)

var errUsage = errors.New("usage: peer server [-port N] [-id ID -token TOKEN] | peer client [-send BYTES] URL KEY")

func main() {
	logrus.SetOutput(os.Stderr)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if len(os.Args) < 2 {
		fail(errUsage)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	switch os.Args[1] {
	case "server":
		port := flags.Int("port", 0, "port to listen on; 0 takes a free one")
		id := flags.String("id", "", "who this server is towards its peers")
		token := flags.String("token", "", "the secret by which its peers know it")
		_ = flags.Parse(os.Args[2:])
		fail(serve(*port, *id, *token))
	case "client":
		send := flags.Int("send", 0, "dial the server, send so many bytes in one write and expect them back")
		_ = flags.Parse(os.Args[2:])
		if flags.NArg() != 2 {
			fail(errUsage)
		}
		keepConnected(flags.Arg(0), flags.Arg(1), *send)
	default:
		fail(errUsage)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func report(facts map[string]any) {
	_ = json.NewEncoder(os.Stdout).Encode(facts)
}
