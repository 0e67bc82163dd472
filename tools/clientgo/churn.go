package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/features"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	churnNamespace = "default"
	churnObjects   = 10_000
	churnWriters   = 8
	// Each writer changes, deletes and creates so many times, and the connections of the informers are cut so often
	// meanwhile.
	churnWrites = 1_000
	churnCuts   = 5
)

// traffic is what the informers ask of the server, and the connections that they ask over.
type traffic struct {
	lists, initial, resumed atomic.Int64
	mutex                   sync.Mutex
	connections             map[net.Conn]bool
}

// wrap counts the requests that go to the next one.
func (t *traffic) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		switch query := request.URL.Query(); {
		case query.Get("watch") == "":
			t.lists.Add(1)
		case query.Get("sendInitialEvents") == "true":
			t.initial.Add(1)
		default:
			t.resumed.Add(1)
		}
		return next.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func (t *traffic) dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		t.connections[connection] = true
	}
	return connection, err
}

// cut ends all connections, as a restart of a load balancer does.
func (t *traffic) cut() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for connection := range t.connections {
		connection.Close()
	}
	t.connections = map[net.Conn]bool{}
}

func churnMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"churn": "yes", "part": name[len(name)-1:]}},
		Data:       map[string]string{"text": "some words that an object may hold, of about the length of a sentence"},
	}
}

// inParallel runs the writers and answers their first error.
func inParallel(write func(writer int) error) error {
	errs := make([]error, churnWriters)
	var group sync.WaitGroup
	for writer := range churnWriters {
		group.Go(func() { errs[writer] = write(writer) })
	}
	group.Wait()
	return first(errs...)
}

// versions of the objects in a cache, by name.
func versions(store cache.Store) map[string]string {
	found := map[string]string{}
	for _, object := range store.List() {
		if accessor, err := meta.Accessor(object); err == nil {
			found[accessor.GetName()] = accessor.GetResourceVersion()
		}
	}
	return found
}

// churn keeps informers of 10,000 objects, of a tenth of them and of their metadata through many writes and cut
// connections. They go on from where they were: each asks for all objects once.
func churn(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects := client.CoreV1().ConfigMaps(churnNamespace)
	started := time.Now()
	err = inParallel(func(writer int) error {
		for i := writer; i < churnObjects; i += churnWriters {
			if _, err := objects.Create(ctx, churnMap(fmt.Sprintf("churn-%05d", i)), metav1.CreateOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	created := time.Since(started)

	asked := &traffic{connections: map[net.Conn]bool{}}
	watching := rest.CopyConfig(config)
	watching.Dial = asked.dial
	watching.Wrap(asked.wrap)
	watcher, err := kubernetes.NewForConfig(watching)
	if err != nil {
		return nil, err
	}
	bare, err := metadata.NewForConfig(watching)
	if err != nil {
		return nil, err
	}
	selected := func(selector string) func(*metav1.ListOptions) {
		return func(options *metav1.ListOptions) { options.LabelSelector = selector }
	}
	informer := func(selector string) cache.SharedIndexInformer {
		return coreinformers.NewFilteredConfigMapInformer(watcher, churnNamespace, 0, nil, selected(selector))
	}
	all, part := informer("churn=yes"), informer("part=7")
	shapes := metadatainformer.NewFilteredMetadataInformer(bare, corev1.SchemeGroupVersion.WithResource("configmaps"),
		churnNamespace, 0, nil, selected("churn=yes")).Informer()
	count, repeated := &counter{}, atomic.Int64{}
	handlers := count.handlers()
	update := handlers.UpdateFunc
	handlers.UpdateFunc = func(before, after any) {
		if before.(*corev1.ConfigMap).ResourceVersion == after.(*corev1.ConfigMap).ResourceVersion {
			repeated.Add(1)
		}
		update(before, after)
	}
	if _, err := all.AddEventHandler(handlers); err != nil {
		return nil, err
	}
	started = time.Now()
	for _, one := range []cache.SharedIndexInformer{all, part, shapes} {
		go one.RunWithContext(ctx)
	}
	if !cache.WaitForCacheSync(ctx.Done(), all.HasSynced, part.HasSynced, shapes.HasSynced) {
		return nil, fmt.Errorf("informers did not sync: %w", ctx.Err())
	}
	synced := time.Since(started)
	if err := first(want("cached", len(all.GetStore().ListKeys()), churnObjects), want("cached part", len(part.GetStore().ListKeys()), churnObjects/10),
		want("cached metadata", len(shapes.GetStore().ListKeys()), churnObjects)); err != nil {
		return nil, err
	}

	started = time.Now()
	var writes, updates, deletes, creates atomic.Int64
	err = inParallel(func(writer int) error {
		random := rand.New(rand.NewSource(int64(writer)))
		// Each writer has objects of its own, so that none is gone when it is written.
		var names []string
		for i := writer; i < churnObjects; i += churnWriters {
			names = append(names, fmt.Sprintf("churn-%05d", i))
		}
		for range churnWrites {
			if done := writes.Add(1); done%(churnWriters*churnWrites/churnCuts) == 0 {
				asked.cut()
			}
			own := random.Intn(len(names))
			name := names[own]
			if random.Intn(4) > 0 {
				patch := fmt.Sprintf(`{"data":{"number":"%d"},"metadata":{"labels":{"part":"%d"}}}`, random.Int63(), random.Intn(10))
				if _, err := objects.Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
					return err
				}
				updates.Add(1)
				continue
			}
			if err := objects.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
				return err
			}
			deletes.Add(1)
			if random.Intn(2) == 0 {
				names[own] = fmt.Sprintf("fresh-%d-%d", writer, creates.Load())
			}
			if _, err := objects.Create(ctx, churnMap(names[own]), metav1.CreateOptions{}); err != nil {
				return err
			}
			creates.Add(1)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("churn: %w", err)
	}
	churned := time.Since(started)

	live, err := objects.List(ctx, metav1.ListOptions{LabelSelector: "churn=yes"})
	if err != nil {
		return nil, err
	}
	stored, storedPart := map[string]string{}, map[string]string{}
	for _, object := range live.Items {
		stored[object.Name] = object.ResourceVersion
		if object.Labels["part"] == "7" {
			storedPart[object.Name] = object.ResourceVersion
		}
	}
	started = time.Now()
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		return maps.Equal(versions(all.GetStore()), stored) && maps.Equal(versions(shapes.GetStore()), stored) &&
			maps.Equal(versions(part.GetStore()), storedPart), nil
	})
	if err != nil {
		return nil, fmt.Errorf("caches differ from the store: %d, %d and %d objects cached of %d (part %d): %w",
			len(versions(all.GetStore())), len(versions(shapes.GetStore())), len(versions(part.GetStore())), len(stored), len(storedPart), err)
	}
	count.Lock()
	defer count.Unlock()
	return facts{
		"watchList": features.FeatureGates().Enabled(features.WatchListClient),
		"objects":   len(stored), "updates": updates.Load(), "deletes": deletes.Load(),
		"lists": asked.lists.Load(), "initial": asked.initial.Load(), "resumed": asked.resumed.Load(), "repeated": repeated.Load(),
		"createdMs": created.Milliseconds(), "syncedMs": synced.Milliseconds(),
		"churnedMs": churned.Milliseconds(), "caughtUpMs": time.Since(started).Milliseconds(),
	}, nil
}
