package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func createMaps(ctx context.Context, client kubernetes.Interface, ns, prefix string, count int) error {
	for i := range count {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%04d", prefix, i)}}
		if _, err := client.CoreV1().ConfigMaps(ns).Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// paging reads a list in pieces while it changes: all pages show the state at the first one.
func paging(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	const ns, count, limit = "kube-public", 230, 50
	if err := createMaps(ctx, client, ns, "paged", count); err != nil {
		return nil, err
	}
	maps := client.CoreV1().ConfigMaps(ns)
	whole, err := maps.List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	options := metav1.ListOptions{Limit: limit}
	pages, version := 0, ""
	for {
		page, err := maps.List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", pages, err)
		}
		if pages == 0 {
			version = page.ResourceVersion
			if err := want("remaining", *page.RemainingItemCount, len(whole.Items)-limit); err != nil {
				return nil, err
			}
			// None of this may show on later pages.
			if err := maps.Delete(ctx, "paged-0200", metav1.DeleteOptions{}); err != nil {
				return nil, err
			}
			if err := createMaps(ctx, client, ns, "paged-0100-new", 1); err != nil {
				return nil, err
			}
		}
		if err := first(want("version of a page", page.ResourceVersion, version), want("full page", len(page.Items) == limit || page.Continue == "", true)); err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			names = append(names, item.Name)
		}
		pages++
		if page.Continue == "" {
			break
		}
		options.Continue = page.Continue
	}
	all := strings.Join(names, " ")
	_, tooNew := maps.List(ctx, metav1.ListOptions{ResourceVersion: "99999999999999999", ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan})
	_, malformed := maps.List(ctx, metav1.ListOptions{Continue: "nonsense"})
	return facts{"pages": pages, "objects": len(names)}, first(
		want("objects over all pages", len(names), len(whole.Items)),
		want("deleted meanwhile is still there", strings.Contains(all, "paged-0200"), true),
		want("created meanwhile isn't", strings.Contains(all, "new"), false),
		want("version from the future", apierrors.IsTimeout(tooNew), true),
		want("malformed token", apierrors.IsBadRequest(malformed), true),
	)
}

// expired needs a server whose event log is shorter than 50 events.
func expired(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	const ns = "kube-node-lease"
	if err := createMaps(ctx, client, ns, "old", 60); err != nil {
		return nil, err
	}
	maps := client.CoreV1().ConfigMaps(ns)
	page, err := maps.List(ctx, metav1.ListOptions{Limit: 20})
	if err != nil {
		return nil, err
	}
	recent, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: page.ResourceVersion})
	if err != nil {
		return nil, err
	}
	defer recent.Stop()
	if err := createMaps(ctx, client, ns, "recent", 60); err != nil {
		return nil, err
	}
	seen := 0
	for event := range recent.ResultChan() {
		if event.Type != watch.Added {
			return nil, fmt.Errorf("unexpected event %v", event)
		}
		if seen++; seen == 60 {
			break
		}
	}
	old, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: page.ResourceVersion})
	if err == nil {
		event := <-old.ResultChan()
		err = apierrors.FromObject(event.Object)
	}
	_, next := maps.List(ctx, metav1.ListOptions{Limit: 20, Continue: page.Continue})
	status, isStatus := next.(apierrors.APIStatus)
	token := ""
	if isStatus {
		token = status.Status().ListMeta.Continue
	}
	rest, inconsistent := maps.List(ctx, metav1.ListOptions{Continue: token})
	return facts{"oldWatch": fmt.Sprint(err), "oldPage": fmt.Sprint(next)}, first(
		want("old watch", apierrors.IsResourceExpired(err) || apierrors.IsGone(err), true),
		want("old page", apierrors.IsResourceExpired(next), true),
		want("token for the rest", token != "", true),
		inconsistent,
		want("the rest as it is now", len(rest.Items) >= 100, true),
	)
}

// discoveryDocuments reads all of them, aggregated and not, and all OpenAPI documents.
func discoveryDocuments(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	version, err := client.ServerVersion()
	if err != nil {
		return nil, err
	}
	groups, aggregated, err := client.ServerGroupsAndResources()
	if err != nil {
		return nil, fmt.Errorf("aggregated: %w", err)
	}
	client.UseLegacyDiscovery = true
	_, legacy, err := client.ServerGroupsAndResources()
	if err != nil {
		return nil, fmt.Errorf("legacy: %w", err)
	}
	count := func(lists []*metav1.APIResourceList) (n int) {
		for _, list := range lists {
			n += len(list.APIResources)
		}
		return n
	}
	paths, err := client.OpenAPIV3().Paths()
	if err != nil {
		return nil, err
	}
	for path, groupVersion := range paths {
		if _, err := groupVersion.Schema("application/json"); err != nil {
			return nil, fmt.Errorf("openapi of %s: %w", path, err)
		}
	}
	return facts{"version": version.GitVersion, "groups": len(groups), "resources": count(legacy), "openapi": len(paths)},
		want("resources by aggregated discovery", count(aggregated), count(legacy))
}
