import type { RegistryContext } from '../registry/context.js';
import { configMapValues, secretValues } from './container-files.js';
import type { Container, EnvVar, Pod } from './pod.js';
import { fieldText, hostnameOf } from './pod.js';

/** The variables that a container's processes begin with. */
export function containerEnvironment(
  context: RegistryContext,
  pod: Pod,
  container: Container,
): Map<string, string> {
  const environment = new Map<string, string>([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOSTNAME', hostnameOf(pod)],
    ['HOME', '/root'],
    ...apiVariables(context),
  ]);
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const values = {
      ...(configMapRef === undefined ? {} : configMapValues(context, pod, configMapRef)),
      ...(secretRef === undefined ? {} : secretValues(context, pod, secretRef)),
    };
    for (const [key, value] of Object.entries(values)) environment.set(`${prefix}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    environment.set(variable.name, valueOf(context, pod, container, variable, environment));
  }
  return environment;
}

/** Where the API is, for clients in the pod; the first address of the services' range, as for a real one. */
function apiVariables({ serviceCidr }: RegistryContext): [string, string][] {
  const host = (serviceCidr.split('/', 1)[0] ?? '').replace(/\d+$/, '1');
  return [
    ['KUBERNETES_SERVICE_HOST', host],
    ['KUBERNETES_SERVICE_PORT', '443'],
    ['KUBERNETES_SERVICE_PORT_HTTPS', '443'],
    ['KUBERNETES_PORT', `tcp://${host}:443`],
  ];
}

function valueOf(
  context: RegistryContext,
  pod: Pod,
  container: Container,
  { value = '', valueFrom }: EnvVar,
  before: ReadonlyMap<string, string>,
): string {
  if (valueFrom === undefined) return expandReferences(value, before);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldText(pod, fieldRef.fieldPath);
  if (configMapKeyRef !== undefined)
    return configMapValues(context, pod, configMapKeyRef)[configMapKeyRef.key] ?? '';
  if (secretKeyRef !== undefined) return secretValues(context, pod, secretKeyRef)[secretKeyRef.key] ?? '';
  const [kind, resource = ''] = (resourceFieldRef?.resource ?? '').split('.', 2);
  return container.resources?.[kind as 'requests' | 'limits']?.[resource] ?? '';
}

/** `$(NAME)` of variables before; `$$(NAME)` stays as it is with one dollar less. */
export const expandReferences = (text: string, variables: ReadonlyMap<string, string>): string =>
  text.replace(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
