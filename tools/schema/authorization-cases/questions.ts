import type { Case } from './case.js';
import { AUTHORIZATION } from './case.js';

/** `user[+group…] verb resource[/subresource][.group] [namespace[/name]]`, or a path. */
const questions = `
jane get pods red
jane list pods red
jane list pods blue
jane list pods
jane get pods/log red/x
jane get pods/exec red/x
jane create pods red
jane get secrets red
jane get namespaces red/red
jane get namespaces blue/blue
jane list deployments.apps red
jane get deployments.apps/scale red/x
jane get deployments.extensions red
jane get configmaps red
ada create rolebindings.rbac.authorization.k8s.io red
ada create deployments.apps red
ada create pods/exec red/x
ada delete namespaces red/red
ada create resourcequotas red
ada impersonate serviceaccounts red/robot
ada create serviceaccounts/token red/robot
ada create localsubjectaccessreviews.authorization.k8s.io red
kim+developers create pods blue
kim+developers get secrets blue
kim+developers create roles.rbac.authorization.k8s.io blue
kim+developers list nodes
sam update deployments.apps/scale blue/x
sam get statefulsets.apps/scale blue/x
sam get deployments.apps blue/x
sam get deployments.apps/status blue/x
nora get configmaps blue/a
nora get configmaps blue/c
nora list configmaps blue
nora update configmaps blue/b
nora delete configmaps blue/b
stella get pods/log blue/x
stella get pods blue/x
stella list pods.metrics.k8s.io
stella list pods
tim+builders delete daemonsets.apps red/x
tim+builders get pods red
other create deployments.apps blue
ghost get pods red
ghost get pods
nobody get pods
nobody+system:authenticated get /api
nobody+system:authenticated get /apis/apps/v1
nobody+system:authenticated get /metrics
nobody+system:authenticated create selfsubjectaccessreviews.authorization.k8s.io
nobody+system:unauthenticated get /version
nobody+system:unauthenticated get /api
nobody+system:masters delete nodes
nobody+system:masters get /anything
max+monitors get /metrics
max+monitors get /metrics/cadvisor
max+monitors get /logs/kube
max+monitors get /logs
max+monitors post /abc
max+monitors get /abc
max+system:monitoring get /livez/etcd
max+system:monitoring get /metrics/slis
system:kube-scheduler create pods/binding red/x
system:kube-scheduler update leases.coordination.k8s.io kube-system/kube-scheduler
system:kube-scheduler create configmaps kube-system
system:kube-scheduler get configmaps kube-system/extension-apiserver-authentication
system:kube-controller-manager create serviceaccounts/token red/x
system:kube-controller-manager list widgets.example.com
system:kube-controller-manager update endpoints kube-system/kube-controller-manager
system:kube-proxy list endpointslices.discovery.k8s.io
system:kube-proxy delete services red/x
system:node:n1 get pods red/x
node+system:nodes get pods red/x
system:serviceaccount:kube-system:deployment-controller create replicasets.apps red
system:serviceaccount:kube-system:deployment-controller create replicasets.extensions red
system:serviceaccount:kube-system:replicaset-controller create pods red
system:serviceaccount:kube-system:generic-garbage-collector patch widgets.example.com red/x
system:serviceaccount:kube-system:namespace-controller deletecollection secrets red
system:serviceaccount:kube-system:job-controller update jobs.batch/finalizers red/x
system:serviceaccount:kube-system:token-cleaner delete secrets kube-system/x
system:serviceaccount:kube-system:token-cleaner delete secrets red/x
system:serviceaccount:red:robot get pods red/x
system:serviceaccount:red:robot get pods blue/x
system:serviceaccount:blue:robot get pods red/x
system:serviceaccount:red:other+system:serviceaccounts+system:serviceaccounts:red get deployments.apps/scale red/x
system:serviceaccount:red:other+system:serviceaccounts get /openid/v1/jwks
system:serviceaccount:red:other+system:serviceaccounts get /.well-known/openid-configuration/
`;

function question(line: string): Case {
  const [who = '', verb = '', what = '', where = ''] = line.split(' ');
  const [user, ...groups] = who.split('+');
  const [namespace = '', name = ''] = where.split('/');
  const [, resource = '', first = '', second = ''] =
    /^([^./]+)(\.[^/]+)?(\/.+)?$/.exec(what)?.map((part) => part ?? '') ?? [];
  const asked = what.startsWith('/')
    ? { nonResourceAttributes: { verb, path: what } }
    : {
        resourceAttributes: {
          verb,
          resource,
          ...(first === '' ? {} : { group: first.slice(1) }),
          ...(second === '' ? {} : { subresource: second.slice(1) }),
          ...(namespace === '' ? {} : { namespace }),
          ...(name === '' ? {} : { name }),
        },
      };
  return {
    name: line,
    method: 'POST',
    path: `${AUTHORIZATION}/subjectaccessreviews`,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, ...(groups.length === 0 ? {} : { groups }), ...asked },
    },
  };
}

export const accessQuestions: Case[] = questions.trim().split('\n').map(question);
