import type { Case } from './case.js';
import { as, create } from './case.js';

const csr = {
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'mine' },
  spec: {
    request:
      'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IRUNBUUF3RHpFTk1Bc0dBMVVFQXd3RVkyRnliREJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQkRpRjFFSUdOeVFLNHZBcWE2UVdKZFRvN1Ixam0rR0QyV0hJUDRVQkpQQS9QTU9PQ1MwaS9pNnp0SzFhCnZrR1JRQzhlOW9KbTl5VWIzbCsrRitqRkkyaWdBREFLQmdncWhrak9QUVFEQWdOSUFEQkZBaUVBNk5tcHNXT0IKQUE1bUVhd0JMNVhpRGpFTU5IaEc0cWhNU1p3MldtTXRKWjBDSUJ5T3hRdXB6d1l5V2w5WGlNZXRIVmdqVGZ2dwpUM3A3Y1FmMkRGUVE1UGJvCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
    signerName: 'example.com/signer',
    usages: ['client auth'],
    username: 'somebody-else',
    groups: ['system:masters'],
  },
};

/** Certificates are asked for in one's own name. */
export const signing: Case[] = [
  {
    ...create(
      '/apis/certificates.k8s.io/v1/certificatesigningrequests',
      csr,
      'a certificate in another name',
    ),
    headers: {
      'Impersonate-User': 'carl',
      'Impersonate-Group': ['signers', 'system:masters'],
      'Impersonate-Uid': '9',
      'Impersonate-Extra-Scopes': 'all',
    },
  },
  {
    name: 'another name for the request',
    method: 'PATCH',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/mine',
    body: { metadata: { labels: { a: 'b' } }, spec: { username: 'root', signerName: 'example.com/other' } },
    contentType: 'application/merge-patch+json',
  },
  ...['carla', 'amy'].map((user) => ({
    name: `an approval by ${user}`,
    method: 'PATCH',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/mine/approval',
    body: { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Fine', message: 'ok' }] } },
    contentType: 'application/merge-patch+json',
    ...as(user),
  })),
  {
    name: 'a verdict by one who may not sign',
    method: 'PATCH',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/mine/status',
    body: {
      status: {
        conditions: ['Approved', 'Failed'].map((type) => ({
          type,
          status: 'True',
          reason: 'Fine',
          message: 'ok',
        })),
      },
    },
    contentType: 'application/merge-patch+json',
    ...as('amy'),
  },
];
