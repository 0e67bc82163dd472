package main

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// apply uses server-side apply: creation, ownership, conflict, force, removal.
func apply(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	maps := client.CoreV1().ConfigMaps("default")
	one := func(data map[string]string) *corev1apply.ConfigMapApplyConfiguration {
		return corev1apply.ConfigMap("applied", "default").WithData(data)
	}
	created, err := maps.Apply(ctx, one(map[string]string{"a": "1", "b": "1"}), metav1.ApplyOptions{FieldManager: "first"})
	if err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	_, conflict := maps.Apply(ctx, one(map[string]string{"a": "2"}), metav1.ApplyOptions{FieldManager: "second"})
	forced, err := maps.Apply(ctx, one(map[string]string{"a": "2"}), metav1.ApplyOptions{FieldManager: "second", Force: true})
	if err != nil {
		return nil, fmt.Errorf("forced apply: %w", err)
	}
	pruned, err := maps.Apply(ctx, one(map[string]string{}), metav1.ApplyOptions{FieldManager: "first"})
	if err != nil {
		return nil, fmt.Errorf("apply of nothing: %w", err)
	}
	return facts{"managers": len(forced.ManagedFields)}, first(
		want("manager", created.ManagedFields[0].Manager, "first"),
		want("other value of another manager", apierrors.IsConflict(conflict), true),
		want("forced value", forced.Data["a"], "2"),
		want("what the first no longer applies", pruned.Data["b"], ""),
		want("what the second owns", pruned.Data["a"], "2"),
	)
}

// customResources defines a kind and uses it at once.
func customResources(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets.example.com"},
		"spec": map[string]any{
			"group": "example.com", "scope": "Namespaced",
			"names": map[string]any{"kind": "Widget", "plural": "widgets"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"subresources": map[string]any{"status": map[string]any{}},
				"schema": map[string]any{"openAPIV3Schema": map[string]any{
					"type": "object", "x-kubernetes-preserve-unknown-fields": true,
				}},
			}},
		},
	}}
	created, err := definitions.Create(ctx, definition, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("create definition: %w", err)
	}
	conditions, _, _ := unstructured.NestedSlice(created.Object, "status", "conditions")
	resource := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}
	widgets := client.Resource(resource).Namespace("default")
	widget := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "one"},
		"spec": map[string]any{"size": int64(3)}, "status": map[string]any{"ready": true},
	}}
	stored, err := widgets.Create(ctx, widget, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("create widget: %w", err)
	}
	_, hasStatus := stored.Object["status"]
	stored.Object["status"] = map[string]any{"ready": true}
	stored.Object["spec"] = map[string]any{"size": int64(4)}
	status, err := widgets.UpdateStatus(ctx, stored, metav1.UpdateOptions{})
	if err != nil {
		return nil, fmt.Errorf("update status: %w", err)
	}
	size, _, _ := unstructured.NestedInt64(status.Object, "spec", "size")
	ready, _, _ := unstructured.NestedBool(status.Object, "status", "ready")
	partial, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	list, err := partial.Resource(resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list metadata: %w", err)
	}
	if err := definitions.Delete(ctx, "widgets.example.com", metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	_, gone := widgets.List(ctx, metav1.ListOptions{})
	return facts{"conditions": len(conditions)}, first(
		want("established at once", len(conditions), 2),
		want("status in a create", hasStatus, false),
		want("spec in a status update", size, 3),
		want("status", ready, true),
		want("generation", status.GetGeneration(), 1),
		want("metadata list", len(list.Items), 1),
		want("unserved with the definition", apierrors.IsNotFound(gone), true),
	)
}

// tokens makes tokens of service accounts and uses them.
func tokens(ctx context.Context, config *rest.Config) (facts, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	const ns = "default"
	account, err := client.CoreV1().ServiceAccounts(ns).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	secret, err := client.CoreV1().Secrets(ns).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "robot-token-", Annotations: map[string]string{corev1.ServiceAccountNameKey: "robot"}},
		Type:       corev1.SecretTypeServiceAccountToken,
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("create token secret: %w", err)
	}
	seconds := int64(3600)
	request, err := client.CoreV1().ServiceAccounts(ns).CreateToken(ctx, "robot", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("token request: %w", err)
	}
	who := func(token string) (string, error) {
		own := rest.AnonymousClientConfig(config)
		own.BearerToken = token
		robot, err := kubernetes.NewForConfig(own)
		if err != nil {
			return "", err
		}
		review, err := robot.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			return "", err
		}
		return review.Status.UserInfo.Username, nil
	}
	bySecret, err := who(string(secret.Data["token"]))
	if err != nil {
		return nil, fmt.Errorf("use the secret's token: %w", err)
	}
	byRequest, err := who(request.Status.Token)
	if err != nil {
		return nil, fmt.Errorf("use the requested token: %w", err)
	}
	review, err := client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: request.Status.Token},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	access, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "pods"}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	impersonated := rest.CopyConfig(config)
	impersonated.Impersonate = rest.ImpersonationConfig{UserName: "jane", Groups: []string{"dev"}, Extra: map[string][]string{"scope/x": {"1"}}}
	jane, err := kubernetes.NewForConfig(impersonated)
	if err != nil {
		return nil, err
	}
	self, err := jane.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	if err := client.CoreV1().ServiceAccounts(ns).Delete(ctx, "robot", metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	_, revoked := who(request.Status.Token)
	_, unknown := who("nonsense")
	const robot = "system:serviceaccount:default:robot"
	return facts{"secret": len(secret.Data)}, first(
		want("filled secret", len(secret.Data["token"]) > 0 && len(secret.Data["ca.crt"]) > 0 && string(secret.Data["namespace"]) == ns, true),
		want("uid annotation", secret.Annotations[corev1.ServiceAccountUIDKey], account.UID),
		want("by secret", bySecret, robot),
		want("by request", byRequest, robot),
		want("token review", review.Status.Authenticated && review.Status.User.Username == robot, true),
		want("access", access.Status.Allowed, true),
		want("impersonated", self.Status.UserInfo.Username, "jane"),
		want("impersonated groups", self.Status.UserInfo.Groups, []string{"dev", "system:authenticated"}),
		want("impersonated extra", self.Status.UserInfo.Extra["scope/x"], []string{"1"}),
		want("token of a deleted account", apierrors.IsUnauthorized(revoked), true),
		want("unknown token", apierrors.IsUnauthorized(unknown), true),
	)
}
