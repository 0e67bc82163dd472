import { createHash } from 'node:crypto';

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A UUID that only depends on what it is for, so that a template always renders to the same objects. */
export function numbered(purpose: string, index: number): string {
  const hex = createHash('sha256').update(`${purpose}/${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** All values as texts: YAML reads `pods: 110` as a number, Kubernetes wants a quantity. */
export function texts(values: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, String(value)]));
}

/** `resources` of a container; empty maps are left out. */
export function resources(of: { requests?: Record<string, string>; limits?: Record<string, string> }): {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
} {
  return {
    ...(of.requests === undefined ? {} : { requests: texts(of.requests) }),
    ...(of.limits === undefined ? {} : { limits: texts(of.limits) }),
  };
}
