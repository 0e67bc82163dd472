import { InvalidNameError } from './errors.js';

/** Names that Rancher keeps for itself, and `template`, which the REST API of the earlier program kept. */
const reserved = new Set(['local', 'template']);

/**
 * Refuses names that Rancher would refuse later (rancher/webhook, provisioning clusters): RFC 1123 labels only, not the
 * names of its own. `why` ends the sentence about a shorter `maxLength`. Throws {@link InvalidNameError}.
 */
export function checkClusterName(name: unknown, maxLength = 63, why = ''): asserts name is string {
  if (typeof name !== 'string' || name === '') throw new InvalidNameError('Cluster name is required');
  if (name.length > maxLength) {
    throw new InvalidNameError(
      `Cluster name may have at most ${maxLength} characters${maxLength < 63 ? why : ''}`,
    );
  }
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw new InvalidNameError(
      `Cluster name ${JSON.stringify(name)} is not valid: use small letters, digits and "-", beginning and ending with a letter or digit`,
    );
  }
  if (reserved.has(name)) throw new InvalidNameError(`Cluster name '${name}' is reserved`);
  if (/^c-[a-z0-9]{5}$/.test(name)) {
    throw new InvalidNameError(
      `Cluster name '${name}' has the form of Rancher's own cluster ids, which Rancher refuses`,
    );
  }
}
