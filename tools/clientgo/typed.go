package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func podTemplate(labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name:  "main",
			Image: "nginx:1.27",
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80}},
			Env:   []corev1.EnvVar{{Name: "A", Value: "1"}},
			ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
				HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("http")}}},
		}}},
	}
}

// typed writes and reads with the typed client, whose bodies are protobuf by default since client-go 0.32.
func typed(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	const ns = "typed"
	if _, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("create namespace: %w", err)
	}
	for _, step := range []func(context.Context, kubernetes.Interface, string) error{
		configMaps, workloads, conflicts, patches, scaling, deletion, roles, eviction,
	} {
		if err := step(ctx, client, ns); err != nil {
			return nil, err
		}
	}
	return facts{"namespace": ns}, client.CoreV1().Namespaces().Delete(ctx, ns, metav1.DeleteOptions{})
}

func configMaps(ctx context.Context, client kubernetes.Interface, ns string) error {
	maps := client.CoreV1().ConfigMaps(ns)
	created, err := maps.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "gen-", Labels: map[string]string{"a": "b"}},
		Data:       map[string]string{"key": "välue", "empty": ""},
		BinaryData: map[string][]byte{"bin": {0, 255, 128}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create configmap: %w", err)
	}
	got, err := maps.Get(ctx, created.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	_, missing := maps.Get(ctx, "missing", metav1.GetOptions{})
	_, again := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: created.Name}}, metav1.CreateOptions{})
	return first(
		want("generated name", len(created.Name), len("gen-")+5),
		want("data", got.Data["key"], "välue"),
		want("empty data", len(got.Data), 2),
		want("binary data", got.BinaryData["bin"], []byte{0, 255, 128}),
		want("uid", got.UID != "" && !got.CreationTimestamp.IsZero(), true),
		want("not found", apierrors.IsNotFound(missing), true),
		want("already exists", apierrors.IsAlreadyExists(again), true),
	)
}

func workloads(ctx context.Context, client kubernetes.Interface, ns string) error {
	labels := map[string]string{"app": "web"}
	two := int32(2)
	deployment, err := client.AppsV1().Deployments(ns).Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: podTemplate(labels)},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create deployment: %w", err)
	}
	service, err := client.CoreV1().Services(ns).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: corev1.ServiceSpec{Selector: labels, Type: corev1.ServiceTypeNodePort,
			Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromString("http")}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create service: %w", err)
	}
	template := podTemplate(nil)
	template.Spec.RestartPolicy = corev1.RestartPolicyNever
	job, err := client.BatchV1().Jobs(ns).Create(ctx, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "once"}, Spec: batchv1.JobSpec{Template: template},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	_, invalid := client.AppsV1().Deployments(ns).Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "bad"},
		Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: podTemplate(map[string]string{"app": "other"})},
	}, metav1.CreateOptions{})
	probe := deployment.Spec.Template.Spec.Containers[0].ReadinessProbe
	return first(
		want("default strategy", deployment.Spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType),
		want("probe", probe != nil && probe.HTTPGet != nil && probe.HTTPGet.Port.StrVal == "http", true),
		want("generation", deployment.Generation, 1),
		want("cluster IP", service.Spec.ClusterIP != "", true),
		want("node port", service.Spec.Ports[0].NodePort >= 30000, true),
		want("target port", service.Spec.Ports[0].TargetPort.StrVal, "http"),
		want("job selector", job.Spec.Selector.MatchLabels["batch.kubernetes.io/controller-uid"], job.UID),
		want("selector that doesn't match is invalid", apierrors.IsInvalid(invalid), true),
	)
}

func conflicts(ctx context.Context, client kubernetes.Interface, ns string) error {
	maps := client.CoreV1().ConfigMaps(ns)
	created, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "contended"}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	mine := created.DeepCopy()
	mine.Data = map[string]string{"a": "1"}
	updated, err := maps.Update(ctx, mine, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	theirs := created.DeepCopy()
	theirs.Data = map[string]string{"a": "2"}
	_, stale := maps.Update(ctx, theirs, metav1.UpdateOptions{})
	same, err := maps.Update(ctx, updated.DeepCopy(), metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	return first(
		want("stale update is a conflict", apierrors.IsConflict(stale), true),
		want("update without a change", same.ResourceVersion, updated.ResourceVersion),
	)
}

func patches(ctx context.Context, client kubernetes.Interface, ns string) error {
	deployments := client.AppsV1().Deployments(ns)
	strategic := `{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}`
	d, err := deployments.Patch(ctx, "web", types.StrategicMergePatchType, []byte(strategic), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("strategic merge patch: %w", err)
	}
	containers := len(d.Spec.Template.Spec.Containers)
	d, err = deployments.Patch(ctx, "web", types.MergePatchType, []byte(`{"metadata":{"labels":{"x":"y"}}}`), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("merge patch: %w", err)
	}
	label, generation := d.Labels["x"], d.Generation
	d, err = deployments.Patch(ctx, "web", types.JSONPatchType, []byte(`[{"op":"remove","path":"/metadata/labels/x"}]`), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("JSON patch: %w", err)
	}
	_, failed := deployments.Patch(ctx, "web", types.JSONPatchType, []byte(`[{"op":"test","path":"/metadata/name","value":"no"}]`), metav1.PatchOptions{})
	return first(
		want("containers after strategic merge", containers, 2),
		want("label after merge", label, "y"),
		want("generation counts spec changes", generation, 2),
		want("labels after JSON patch", len(d.Labels), 0),
		want("failed test operation is invalid", apierrors.IsInvalid(failed), true),
	)
}

func scaling(ctx context.Context, client kubernetes.Interface, ns string) error {
	deployments := client.AppsV1().Deployments(ns)
	scale, err := deployments.GetScale(ctx, "web", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("get scale: %w", err)
	}
	selector := scale.Status.Selector
	scaled, err := deployments.UpdateScale(ctx, "web", &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: ns}, Spec: autoscalingv1.ScaleSpec{Replicas: 3},
	}, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("update scale: %w", err)
	}
	return first(want("selector", selector, "app=web"), want("replicas", scaled.Spec.Replicas, 3))
}

func deletion(ctx context.Context, client kubernetes.Interface, ns string) error {
	maps := client.CoreV1().ConfigMaps(ns)
	held, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/hold"}}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	wrong := types.UID("not-the-uid")
	precondition := maps.Delete(ctx, "held", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &wrong}})
	if err := maps.Delete(ctx, "held", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &held.UID}}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	leaving, err := maps.Get(ctx, "held", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("an object with a finalizer stays: %w", err)
	}
	deleting := leaving.DeletionTimestamp != nil
	leaving.Finalizers = nil
	if _, err := maps.Update(ctx, leaving, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("take the finalizer away: %w", err)
	}
	_, gone := maps.Get(ctx, "held", metav1.GetOptions{})
	for i := range 5 {
		name := fmt.Sprintf("bulk-%d", i)
		if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"bulk": "yes"}}}, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "bulk=yes"}); err != nil {
		return fmt.Errorf("delete collection: %w", err)
	}
	left, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "bulk=yes"})
	if err != nil {
		return err
	}
	return first(
		want("wrong UID is a conflict", apierrors.IsConflict(precondition), true),
		want("deletionTimestamp", deleting, true),
		want("gone without finalizers", apierrors.IsNotFound(gone), true),
		want("left of the collection", len(left.Items), 0),
	)
}

func roles(ctx context.Context, client kubernetes.Interface, ns string) error {
	role, err := client.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "clientgo"},
		Rules:      []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create cluster role: %w", err)
	}
	binding, err := client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		// Rancher's import manifest has a namespace on a cluster-scoped object, too.
		ObjectMeta: metav1.ObjectMeta{Name: "clientgo"},
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "clientgo"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "default", Namespace: ns}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create cluster role binding: %w", err)
	}
	changed := binding.DeepCopy()
	changed.RoleRef.Name = "view"
	_, immutable := client.RbacV1().ClusterRoleBindings().Update(ctx, changed, metav1.UpdateOptions{})
	return first(
		want("rules", role.Rules[0].Resources[0], "pods"),
		want("roleRef is immutable", apierrors.IsInvalid(immutable), true),
	)
}

func eviction(ctx context.Context, client kubernetes.Interface, ns string) error {
	pod, err := client.CoreV1().Pods(ns).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "lonely"}, Spec: podTemplate(nil).Spec,
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create pod: %w", err)
	}
	if err := client.PolicyV1().Evictions(ns).Evict(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: ns}}); err != nil {
		return fmt.Errorf("evict: %w", err)
	}
	left, err := client.CoreV1().Pods(ns).Get(ctx, pod.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return first(err, want("evicted pod is on its way out", left != nil && left.DeletionTimestamp != nil, true))
}
