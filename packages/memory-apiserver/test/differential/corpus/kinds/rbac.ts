import { scenario, subject } from './subject.js';

/** Roles and bindings. */
export const rbac = scenario('kinds-rbac', (ns) => [
  subject(ns, 'rbac.authorization.k8s.io/v1', 'Role', 'roles', {
    name: 'reader',
    object: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    change: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }] },
    applied: { rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['*'] }] },
  }),
  subject(ns, 'rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', {
    name: 'readers',
    object: { roleRef: { kind: 'Role', name: 'reader' }, subjects: [{ kind: 'User', name: 'joe' }] },
    change: { subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: ns }] },
    applied: { subjects: [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }] },
  }),
  subject('', 'rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', {
    name: 'differential-role',
    object: { rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }] },
    change: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
    applied: { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
  }),
  subject('', 'rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', {
    name: 'differential-binding',
    object: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'joe' }],
    },
    change: { subjects: [{ kind: 'Group', name: 'ops' }] },
    applied: { subjects: [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }] },
  }),
  subject('', 'certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', {
    name: 'differential-csr',
    object: {
      spec: {
        request:
          'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITk1IVUNBUUF3RXpFUk1BOEdBMVVFQXd3SWNtVmpiM0prWldRd1dUQVRCZ2NxaGtqT1BRSUJCZ2dxaGtqTwpQUU1CQndOQ0FBUXdEdURnLzhOV2J2elJGOFJvUzBPdnQ5Qk5tRDl5QVdJTHJxK3hvQW9aUmN6eU1pdWNWUU9aCjZYKytqVmVtMjU0RXBGd0lGVzBMUVpEd29EZ3RBcG5Mb0FBd0NnWUlLb1pJemowRUF3SURTQUF3UlFJaEFKSEsKM3VmblZYTElhd3NtcmpBOEw2OHlueGFvZXJQd2VlY082eHh1Ky9HSEFpQU5ublN2QnhLYUxXSFpJa2p6TUNjbwo1V0NsYXR0NWdxdHJ6TEo0eFZRMStnPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
        signerName: 'example.com/signer',
        usages: ['client auth'],
      },
    },
    change: { spec: { expirationSeconds: 86400 } },
    applied: { metadata: { name: 'differential-csr', annotations: { note: 'applied' } } },
    status: { certificate: null },
  }),
]);
