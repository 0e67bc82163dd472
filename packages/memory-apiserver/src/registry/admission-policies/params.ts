import type { KubeObject } from '../../object.js';
import { splitApiVersion } from '../../schema/types.js';
import { objectKey } from '../../store/key.js';
import type { RegistryContext } from '../context.js';
import { apiVersionOf } from '../context.js';
import { parseObject } from '../../store/text.js';
import { selects } from './matching.js';
import type { BindingSpec, PolicySpec } from './policy.js';

/** Something about a policy or binding makes it impossible to tell. */
export class ConfigurationFault extends Error {}

/**
 * The parameter objects that a policy is asked with, once each: a single undefined one if it has none. Throws
 * ConfigurationFault. `CollectParams` of k8s.io/apiserver `pkg/admission/plugin/policy/generic`.
 */
export function paramsOf(
  { catalog, store }: RegistryContext,
  { paramKind }: PolicySpec,
  { paramRef }: BindingSpec,
  namespace: string,
): (KubeObject | undefined)[] {
  if (paramKind === undefined || paramRef === undefined) return [undefined];
  const { group, version } = splitApiVersion(paramKind.apiVersion);
  const resource = catalog.findKind(group, version, paramKind.kind);
  if (resource === undefined) {
    const kind = `&ParamKind{APIVersion:${paramKind.apiVersion},Kind:${paramKind.kind},}`;
    throw new ConfigurationFault(`paramKind kind \`${kind}\` not known`);
  }
  if (paramRef.namespace && !resource.namespaced)
    throw new ConfigurationFault('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const where = resource.namespaced ? paramRef.namespace || namespace : undefined;
  if (where === '')
    throw new ConfigurationFault(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  const read = (key: string): KubeObject[] => {
    const text = store.read(resource.storage, key);
    return text === undefined ? [] : [parseObject(apiVersionOf(resource), resource.kind, text)];
  };
  const params = paramRef.name
    ? read(objectKey(where, paramRef.name))
    : [...store.keys(resource.storage, where)]
        .flatMap(read)
        .filter(({ metadata }) => selects(paramRef.selector, metadata.labels));
  if (params.length === 0 && paramRef.parameterNotFoundAction === 'Deny')
    throw new ConfigurationFault('no params found for policy binding with `Deny` parameterNotFoundAction');
  return params;
}
