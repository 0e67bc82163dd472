import { listAt, recordAt } from '../../schema/read.js';

/** A pod, or a workload's template of one. */
export interface PodLike {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
}

export interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly [field: string]: unknown;
}

/** Fields that pods and containers can set. */
export interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly procMount?: string;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type: string };
  readonly appArmorProfile?: { readonly type: string };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
  readonly sysctls?: readonly { readonly name: string }[];
}

/** All containers in the order in which upstream visits them. */
export const containersOf = ({ spec }: PodLike): readonly Container[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap(
    (list) => listAt(spec, list) as readonly Container[],
  );

export const contextOf = ({ spec }: PodLike): SecurityContext => recordAt(spec, 'securityContext');

export const isWindows = ({ spec }: PodLike): boolean => recordAt(spec, 'os')['name'] === 'windows';

export const quoted = (items: Iterable<string>): string =>
  [...items].map((item) => JSON.stringify(item)).join(', ');

export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort();

/** `container "a"`, `containers "a", "b"`. */
export const named = (what: string, names: readonly string[]): string =>
  `${what}${names.length === 1 ? '' : 's'} ${quoted(names)}`;

/** Names of the containers that something is true of. */
export const namesOf = (pod: PodLike, isBad: (container: Container) => boolean): string[] =>
  containersOf(pod)
    .filter(isBad)
    .map(({ name }) => name);

/** `pod and container "a"`: who has set something; '' if nobody. */
export function setters(pod: PodLike, isBad: (context: SecurityContext) => boolean): string {
  const names = namesOf(
    pod,
    ({ securityContext }) => securityContext !== undefined && isBad(securityContext),
  );
  return [
    ...(isBad(contextOf(pod)) ? ['pod'] : []),
    ...(names.length === 0 ? [] : [named('container', names)]),
  ].join(' and ');
}

/** What is set, in the pod and in all its containers. */
export function valuesSet<T>(pod: PodLike, pick: (context: SecurityContext) => T | undefined): T[] {
  const contexts = [contextOf(pod), ...containersOf(pod).map(({ securityContext }) => securityContext ?? {})];
  return contexts.map(pick).filter((value) => value !== undefined);
}
