// Lets Helm's own library install, upgrade, roll back and uninstall a chart, and prints what it saw as JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/release"
)

const (
	namespace = "shop"
	name      = "web"
	timeout   = 2 * time.Minute
)

func main() {
	chartPath := flag.String("chart", "chart", "folder of the chart")
	flag.Parse()
	steps, err := run(*chartPath)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(steps); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type step struct {
	Did      string `json:"did"`
	Revision int    `json:"revision"`
	Status   string `json:"status"`
}

func run(chartPath string) ([]step, error) {
	chart, err := loader.Load(chartPath)
	if err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	settings := cli.New()
	settings.SetNamespace(namespace)
	var config action.Configuration
	logged := func(string, ...interface{}) {}
	if err := config.Init(settings.RESTClientGetter(), namespace, "secret", logged); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	var steps []step
	record := func(did string, done *release.Release) {
		steps = append(steps, step{did, done.Version, done.Info.Status.String()})
	}

	install := action.NewInstall(&config)
	install.ReleaseName, install.Namespace, install.CreateNamespace = name, namespace, true
	install.Wait, install.WaitForJobs, install.Timeout = true, true, timeout
	done, err := install.Run(chart, map[string]interface{}{"replicas": 2})
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	record("install", done)

	upgrade := action.NewUpgrade(&config)
	upgrade.Namespace, upgrade.Wait, upgrade.Timeout = namespace, true, timeout
	done, err = upgrade.Run(name, chart, map[string]interface{}{"replicas": 3, "image": "nginx:2"})
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	record("upgrade", done)

	rollback := action.NewRollback(&config)
	rollback.Version, rollback.Wait, rollback.Timeout = 1, true, timeout
	if err := rollback.Run(name); err != nil {
		return nil, fmt.Errorf("rollback: %w", err)
	}
	if done, err = action.NewStatus(&config).Run(name); err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	record("rollback", done)

	history, err := action.NewHistory(&config).Run(name)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	if len(history) != 3 {
		return nil, fmt.Errorf("history has %d revisions", len(history))
	}
	uninstall := action.NewUninstall(&config)
	uninstall.Wait, uninstall.Timeout, uninstall.DeletionPropagation = true, timeout, "foreground"
	gone, err := uninstall.Run(name)
	if err != nil {
		return nil, fmt.Errorf("uninstall: %w", err)
	}
	record("uninstall", gone.Release)
	return steps, nil
}
