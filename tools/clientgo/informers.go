package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/features"
	clientinformers "k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// counter counts what informers tell.
type counter struct {
	sync.Mutex
	added, updated, deleted int
}

func (c *counter) handlers() cache.ResourceEventHandlerFuncs {
	count := func(n *int) { c.Lock(); *n++; c.Unlock() }
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { count(&c.added) },
		UpdateFunc: func(any, any) { count(&c.updated) },
		DeleteFunc: func(any) { count(&c.deleted) },
	}
}

func (c *counter) is(added, updated, deleted int) wait.ConditionWithContextFunc {
	return func(context.Context) (bool, error) {
		c.Lock()
		defer c.Unlock()
		return c.added >= added && c.updated >= updated && c.deleted >= deleted, nil
	}
}

// informers keeps caches of config maps and of namespaces by shared informers while objects come, change and go.
// Whether these use WatchList is decided by KUBE_FEATURE_WatchListClient in the environment.
func informers(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	const ns, before, after = "default", 300, 200
	create := func(i int) error {
		_, err := client.CoreV1().ConfigMaps(ns).Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("informed-%04d", i), Labels: map[string]string{"informed": "yes", "half": fmt.Sprint(i % 2)}},
		}, metav1.CreateOptions{})
		return err
	}
	for i := range before {
		if err := create(i); err != nil {
			return nil, err
		}
	}
	selected := clientinformers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "informed=yes" })
	even := clientinformers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "half=0" })
	factory := clientinformers.NewSharedInformerFactoryWithOptions(client, 0, clientinformers.WithNamespace(ns), selected)
	evenFactory := clientinformers.NewSharedInformerFactoryWithOptions(client, 0, clientinformers.WithNamespace(ns), even)
	maps, evenMaps := factory.Core().V1().ConfigMaps(), evenFactory.Core().V1().ConfigMaps()
	all, half := &counter{}, &counter{}
	if _, err := maps.Informer().AddEventHandler(all.handlers()); err != nil {
		return nil, err
	}
	if _, err := evenMaps.Informer().AddEventHandler(half.handlers()); err != nil {
		return nil, err
	}
	started := time.Now()
	for _, f := range []clientinformers.SharedInformerFactory{factory, evenFactory} {
		f.Start(ctx.Done())
		for kind, synced := range f.WaitForCacheSync(ctx.Done()) {
			if !synced {
				return nil, fmt.Errorf("%v did not sync", kind)
			}
		}
	}
	syncedIn := time.Since(started)
	for i := before; i < before+after; i++ {
		if err := create(i); err != nil {
			return nil, err
		}
	}
	// An object that leaves the selection is gone for the informer of it.
	moved := []byte(`{"metadata":{"labels":{"half":"none"}}}`)
	if _, err := client.CoreV1().ConfigMaps(ns).Patch(ctx, "informed-0000", "application/merge-patch+json", moved, metav1.PatchOptions{}); err != nil {
		return nil, err
	}
	if err := client.CoreV1().ConfigMaps(ns).Delete(ctx, "informed-0001", metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	soon := func(condition wait.ConditionWithContextFunc) error {
		return wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, 10*time.Second, true, condition)
	}
	if err := soon(all.is(before+after, 1, 1)); err != nil {
		return nil, fmt.Errorf("events of all: %+v: %w", all, err)
	}
	if err := soon(half.is((before+after)/2, 0, 1)); err != nil {
		return nil, fmt.Errorf("events of the selection: %+v: %w", half, err)
	}
	cached, err := maps.Lister().List(labels.Everything())
	if err != nil {
		return nil, err
	}
	live, err := client.CoreV1().ConfigMaps(ns).List(ctx, metav1.ListOptions{LabelSelector: "informed=yes"})
	if err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, object := range live.Items {
		versions[object.Name] = object.ResourceVersion
	}
	for _, object := range cached {
		if err := want("cached version of "+object.Name, object.ResourceVersion, versions[object.Name]); err != nil {
			return nil, err
		}
	}
	err = first(
		want("cached", len(cached), before+after-1),
		want("live", len(live.Items), before+after-1),
		want("added", all.added, before+after),
		want("selected added", half.added, (before+after)/2),
		want("selected deleted", half.deleted, 1),
	)
	return facts{
		"watchList": features.FeatureGates().Enabled(features.WatchListClient),
		"syncedMs":  syncedIn.Milliseconds(),
		"cached":    len(cached),
	}, err
}
