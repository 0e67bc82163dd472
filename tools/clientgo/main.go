// Command clientgo drives a Kubernetes API server through client-go, as controllers and operators do, and says
// whether all of it behaved. It is the judge in tests of memory-apiserver: one scenario per run.
//
//	clientgo --kubeconfig FILE SCENARIO
//
// Prints the facts of the scenario as one JSON object. Exits with 1, and the reason on stderr, if something was
// not as it should be.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// facts are printed at the end of a scenario.
type facts map[string]any

var scenarios = map[string]func(context.Context, *rest.Config) (facts, error){
	"typed":     typed,
	"informers": informers,
	"churn":     churn,
	"paging":    paging,
	"expired":   expired,
	"discovery": discoveryDocuments,
	"apply":     apply,
	"custom":    customResources,
	"tokens":    tokens,
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "file that says how to reach the API server")
	timeout := flag.Duration("timeout", time.Minute, "longest time a scenario may take")
	flag.Parse()
	run, known := scenarios[flag.Arg(0)]
	if !known {
		fmt.Fprintf(os.Stderr, "unknown scenario %q\n", flag.Arg(0))
		os.Exit(2)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	config.QPS = -1
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	result, err := run(ctx, config)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", flag.Arg(0), err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		os.Exit(1)
	}
}

// want makes an error of a comparison that failed.
func want(what string, got, expected any) error {
	if fmt.Sprint(got) == fmt.Sprint(expected) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, expected)
}

// first is the first error of several checks.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
