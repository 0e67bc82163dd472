// Command peer is the unmodified Go remotedialer as the other end in interop tests.
//
//	peer server            accepts tunnels and forwards TCP ports through them
//	peer client URL KEY    opens a tunnel and dials whatever it is asked to
//
// It prints one line of JSON when it is ready and ends when its standard input is closed.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"
)

func main() {
	logrus.SetOutput(os.Stderr)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: peer server | peer client URL KEY"))
	}
	switch os.Args[1] {
	case "server":
		fail(serve())
	case "client":
		if len(os.Args) < 4 {
			fail(fmt.Errorf("usage: peer client URL KEY"))
		}
		fail(connect(os.Args[2], os.Args[3]))
	default:
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func ready(facts map[string]any) {
	_ = json.NewEncoder(os.Stdout).Encode(facts)
}
