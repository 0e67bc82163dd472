import { scenario, subject } from './subject.js';

const rule = {
  apiGroups: ['nothing.example.com'],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['none'],
};

/** Webhook configurations and admission policies. */
export const admission = scenario('kinds-admission', () => [
  subject(
    '',
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    {
      name: 'differential-hook',
      object: {
        webhooks: [
          {
            name: 'a.example.com',
            clientConfig: { service: { namespace: 'x', name: 'y' } },
            rules: [rule],
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      },
      change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
      applied: { webhooks: [{ name: 'a.example.com', timeoutSeconds: 3 }] },
    },
  ),
  subject(
    '',
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
    {
      name: 'differential-hook',
      object: {
        webhooks: [
          {
            name: 'a.example.com',
            clientConfig: { url: 'https://hook.example.com' },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      },
      change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
      applied: { webhooks: [{ name: 'a.example.com', failurePolicy: 'Ignore' }] },
    },
  ),
  subject('', 'admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    name: 'differential-policy',
    object: {
      spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
    },
    change: { spec: { failurePolicy: 'Ignore' } },
    applied: { spec: { validations: [{ expression: 'false', message: 'never' }] } },
    status: { observedGeneration: 2 },
  }),
  subject(
    '',
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicyBinding',
    'validatingadmissionpolicybindings',
    {
      name: 'differential-policy',
      object: { spec: { policyName: 'differential-policy', validationActions: ['Audit'] } },
      change: { spec: { validationActions: ['Audit', 'Warn'] } },
      applied: {
        spec: {
          policyName: 'differential-policy',
          paramRef: { name: 'p', parameterNotFoundAction: 'Allow' },
        },
      },
    },
  ),
]);
