/**
 * The template written on first start: a two-node k3s cluster with what k3s itself runs, and nginx and grafana
 * beside it. `{{cluster-name}}` stands for the name of each cluster.
 */
export const defaultTemplate = `# What every simulated cluster looks like. {{cluster-name}} becomes the name of the cluster.
# Instead of this list format the file may also hold plain Kubernetes manifests, separated by "---".
# Clusters that exist keep what was changed in them; everything else follows this file at the next start.
name: "{{cluster-name}}"

nodes:
  - name: "{{cluster-name}}-plex1-7050m"
    status: Ready
    roles: [control-plane, etcd, master]
    age: 42h
    version: v1.28.5+k3s1
    internalIP: 10.244.244.1
    osImage: 0.0.0-poc-k3s-june11-aca5d463-dirty-2025-07-31.04.42-kubevirt-amd64
    kernelVer: 6.1.112-linuxkit-63f4d774fbc8
    containerRuntime: containerd://1.7.11-k3s2
    # Rancher adds these up and shows them as the size of the cluster.
    capacity: { cpu: "4", memory: 8Gi, pods: "110" }
    allocatable: { cpu: 3800m, memory: 7Gi, pods: "110" }
  - name: "{{cluster-name}}-plex3-7050m"
    status: Ready
    roles: [control-plane, etcd, master]
    age: 39h
    version: v1.28.5+k3s1
    internalIP: 10.244.244.3
    osImage: 0.0.0-poc-k3s-june11-aca5d463-dirty-2025-07-31.04.42-kubevirt-amd64
    kernelVer: 6.1.112-linuxkit-63f4d774fbc8
    containerRuntime: containerd://1.7.11-k3s2
    capacity: { cpu: "4", memory: 8Gi, pods: "110" }
    allocatable: { cpu: 3800m, memory: 7Gi, pods: "110" }

pods:
  - name: coredns-6799fbcd5-lgj8v
    namespace: kube-system
    status: Running
    ready: 1/1
    restarts: 3
    age: 42h
    ip: 10.42.0.97
    node: "{{cluster-name}}-plex1-7050m"
    labels: { k8s-app: kube-dns }
    image: rancher/mirrored-coredns-coredns:1.10.1
    requests: { cpu: 100m, memory: 70Mi }
    limits: { memory: 170Mi }
  - name: descheduler-job-x45vh
    namespace: kube-system
    status: Completed
    ready: 0/1
    age: 39h
    node: "{{cluster-name}}-plex1-7050m"
    labels: { job-name: descheduler-job }
    image: registry.k8s.io/descheduler/descheduler:v0.29.0
  - name: helm-install-traefik-977w7
    namespace: kube-system
    status: Completed
    ready: 0/1
    restarts: 1
    age: 42h
    node: "{{cluster-name}}-plex1-7050m"
    labels: { helmcharts.helm.cattle.io/chart: traefik, job-name: helm-install-traefik }
    image: rancher/klipper-helm:v0.8.2-build20230815
  - name: helm-install-traefik-crd-kjn5g
    namespace: kube-system
    status: Completed
    ready: 0/1
    age: 42h
    node: "{{cluster-name}}-plex1-7050m"
    labels: { helmcharts.helm.cattle.io/chart: traefik-crd, job-name: helm-install-traefik-crd }
    image: rancher/klipper-helm:v0.8.2-build20230815
  - name: kube-multus-ds-vpmh9
    namespace: kube-system
    status: Running
    ready: 1/1
    restarts: 3
    age: 42h
    ip: 10.244.244.1
    node: "{{cluster-name}}-plex1-7050m"
    labels: { app: multus, name: multus }
    image: ghcr.io/k8snetworkplumbingwg/multus-cni:v4.0.2
    requests: { cpu: 100m, memory: 50Mi }
    limits: { cpu: 100m, memory: 50Mi }
  - name: kube-multus-ds-wtnxz
    namespace: kube-system
    status: Running
    ready: 1/1
    age: 39h
    ip: 10.244.244.3
    node: "{{cluster-name}}-plex3-7050m"
    labels: { app: multus, name: multus }
    image: ghcr.io/k8snetworkplumbingwg/multus-cni:v4.0.2
    requests: { cpu: 100m, memory: 50Mi }
    limits: { cpu: 100m, memory: 50Mi }
  - name: metrics-server-67c658944b-2dsk5
    namespace: kube-system
    status: Running
    ready: 1/1
    restarts: 3
    age: 42h
    ip: 10.42.0.110
    node: "{{cluster-name}}-plex1-7050m"
    labels: { k8s-app: metrics-server }
    image: rancher/mirrored-metrics-server:v0.6.3
    requests: { cpu: 100m, memory: 70Mi }
  - name: svclb-traefik-731eb113-cxmk7
    namespace: kube-system
    status: Running
    ready: 2/2
    restarts: 6
    age: 42h
    ip: 10.42.0.106
    node: "{{cluster-name}}-plex1-7050m"
    labels: { app: svclb-traefik-731eb113, svccontroller.k3s.cattle.io/svcname: traefik }
    image: rancher/klipper-lb:v0.4.4
  - name: svclb-traefik-731eb113-m66zx
    namespace: kube-system
    status: Running
    ready: 2/2
    age: 39h
    ip: 10.42.1.2
    node: "{{cluster-name}}-plex3-7050m"
    labels: { app: svclb-traefik-731eb113, svccontroller.k3s.cattle.io/svcname: traefik }
    image: rancher/klipper-lb:v0.4.4
  - name: traefik-f4564c4f4-xz9t5
    namespace: kube-system
    status: Running
    ready: 1/1
    restarts: 3
    age: 42h
    ip: 10.42.0.105
    node: "{{cluster-name}}-plex1-7050m"
    labels: { app.kubernetes.io/instance: traefik-kube-system, app.kubernetes.io/name: traefik }
    image: rancher/mirrored-library-traefik:2.10.5

services:
  - name: kubernetes
    namespace: default
    type: ClusterIP
    clusterIP: 10.43.0.1
    ports: 443/TCP
    age: 42h
  - name: kube-dns
    namespace: kube-system
    type: ClusterIP
    clusterIP: 10.43.0.10
    ports: 53/UDP,53/TCP,9153/TCP
    age: 42h
    labels: { k8s-app: kube-dns }
  - name: metrics-server
    namespace: kube-system
    type: ClusterIP
    clusterIP: 10.43.73.33
    ports: 443/TCP
    age: 42h
    labels: { k8s-app: metrics-server }
  - name: traefik
    namespace: kube-system
    type: LoadBalancer
    clusterIP: 10.43.185.148
    externalIP: 10.244.244.1,10.244.244.3
    ports: 80:32522/TCP,443:32443/TCP
    age: 42h
    labels: { app.kubernetes.io/instance: traefik-kube-system, app.kubernetes.io/name: traefik }

deployments:
  - name: nginx
    namespace: default
    ready: 2/2
    age: 41h
    labels: { app: nginx }
    image: nginx:1.25
    requests: { cpu: 100m, memory: 64Mi }
    limits: { cpu: 250m, memory: 128Mi }
  - name: grafana
    namespace: monitoring
    ready: 1/1
    age: 41h
    labels: { app.kubernetes.io/name: grafana }
    image: grafana/grafana:10.4.2
    requests: { cpu: 100m, memory: 128Mi }
    limits: { cpu: 500m, memory: 256Mi }

configmaps:
  - name: cluster-info
    namespace: default
    dataKeys: [cluster-name]
    age: 42h
  - name: coredns
    namespace: kube-system
    dataKeys: [Corefile, NodeHosts]
    age: 42h
  - name: grafana-datasources
    namespace: monitoring
    dataKeys: [datasources.yaml]
    age: 41h

secrets:
  - name: nginx-credentials
    namespace: default
    type: Opaque
    dataKeys: [username, password]
    age: 41h
  - name: grafana-admin
    namespace: monitoring
    type: Opaque
    dataKeys: [admin-user, admin-password]
    age: 41h
`;
