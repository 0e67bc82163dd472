// Command end is one end of a tunnel in the benchmark, made of the unmodified Go remotedialer.
//
//	end server             accepts tunnels and dials through them
//	end client URL         opens tunnels and serves dials in this process
//
// It prints a line of JSON when it is ready, then answers each line of JSON on its standard input with one on its
// standard output, and ends when its input is closed. ../end is the same with ours.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/sirupsen/logrus"
)

// command is what the benchmark asks for; each uses some of the fields.
type command struct {
	Do        string `json:"do"`
	Client    string `json:"client"`
	Direction string `json:"direction"`
	Streams   int    `json:"streams"`
	Bytes     int64  `json:"bytes"`
	Count     int    `json:"count"`
	Parallel  int    `json:"parallel"`
}

type answer map[string]any

func main() {
	logrus.SetOutput(io.Discard)
	switch {
	case len(os.Args) == 2 && os.Args[1] == "server":
		serve()
	case len(os.Args) == 3 && os.Args[1] == "client":
		connect(os.Args[2])
	default:
		fail(fmt.Errorf("usage: end server | end client URL"))
	}
}

// obey answers commands until there are no more.
func obey(run func(command) (answer, error)) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var cmd command
		if err := json.Unmarshal(lines.Bytes(), &cmd); err != nil {
			fail(err)
		}
		reply, err := answer(nil), error(nil)
		if cmd.Do == "usage" {
			reply, err = usage()
		} else {
			reply, err = run(cmd)
		}
		if err != nil {
			reply = answer{"error": err.Error()}
		}
		say(reply)
	}
}

// usage tells what this process has cost so far.
func usage() (answer, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return nil, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	rss := 0
	for _, line := range strings.Split(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			rss, _ = strconv.Atoi(fields[1])
		}
	}
	return answer{"cpuMs": float64(used.Utime.Nano()+used.Stime.Nano()) / 1e6, "rssKiB": rss}, nil
}

func say(reply answer) {
	if err := json.NewEncoder(os.Stdout).Encode(reply); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
