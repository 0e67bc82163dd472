import { gzipSync, gunzipSync } from 'node:zlib';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { SeededRandom } from './seeded-random.js';

const longest = 64 * 1024;

/** Random bytes in place of a secret; their number tells little about the secret's. */
export function randomValue(original: number, random: SeededRandom): Buffer {
  return random.bytes(Math.min(longest, Math.max(16, Math.ceil(original / 16) * 16)));
}

/** A Secret's `data` with other values under the same keys, valid for its type. */
export function replaceSecretData(secret: KubeObject, random: SeededRandom): Record<string, string> {
  const data = (secret['data'] ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      replaceValue(secret, key, value, random).toString('base64'),
    ]),
  );
}

function replaceValue(secret: KubeObject, key: string, value: string, random: SeededRandom): Buffer {
  if (key === '.dockerconfigjson') return Buffer.from('{"auths":{}}');
  if (key === '.dockercfg') return Buffer.from('{}');
  const original = Buffer.from(value, 'base64');
  if (secret['type'] === 'helm.sh/release.v1' && key === 'release') return emptyRelease(secret, original);
  return randomValue(original.length, random);
}

interface Release {
  version?: number;
  info?: { status?: string; first_deployed?: string; last_deployed?: string };
  chart?: { metadata?: { name?: string; version?: string; appVersion?: string } };
}

/**
 * Helm's record of a release without values, manifest and notes: who reads records finds the same applications. Written
 * as Helm does: JSON, gzip, base64 (helm pkg/storage/driver/util.go `encodeRelease`).
 */
function emptyRelease({ metadata }: KubeObject, original: Buffer): Buffer {
  const labels = metadata.labels ?? {};
  const release = readRelease(original);
  const { name = labels['name'] ?? '', version = '0.0.0', appVersion } = release.chart?.metadata ?? {};
  const { status = labels['status'] ?? 'deployed', first_deployed, last_deployed } = release.info ?? {};
  const record = {
    name: labels['name'] ?? name,
    namespace: metadata.namespace,
    version: release.version ?? Number(labels['version'] ?? 1),
    info: {
      ...(first_deployed === undefined ? {} : { first_deployed }),
      ...(last_deployed === undefined ? {} : { last_deployed }),
      deleted: '',
      status,
    },
    chart: {
      metadata: { apiVersion: 'v2', name, version, ...(appVersion === undefined ? {} : { appVersion }) },
      templates: [],
      values: {},
    },
    config: {},
    manifest: '',
  };
  return Buffer.from(gzipSync(JSON.stringify(record)).toString('base64'));
}

function readRelease(original: Buffer): Release {
  try {
    const packed = Buffer.from(original.toString(), 'base64');
    return JSON.parse(gunzipSync(packed, { maxOutputLength: 64 * 2 ** 20 }).toString()) as Release;
  } catch {
    // Whatever it is, the labels say enough.
    return {};
  }
}
