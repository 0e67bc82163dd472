import type { PolicyRule, RequestAttributes } from '../user.js';

const ALL = '*';

const covers = (allowed: readonly string[] | undefined, wanted: string): boolean =>
  allowed !== undefined && (allowed.includes(wanted) || allowed.includes(ALL));

/** True if the rule allows the request: `RuleAllows` of k8s.io/kubernetes `plugin/pkg/auth/authorizer/rbac`. */
export function ruleAllows(rule: PolicyRule, { verb, resource, path }: RequestAttributes): boolean {
  if (!covers(rule.verbs, verb)) return false;
  if (resource === undefined) return rule.nonResourceURLs?.some((url) => urlCovers(url, path ?? '')) === true;
  return (
    covers(rule.apiGroups, resource.group) &&
    coversResource(rule.resources, resource.resource, resource.subresource) &&
    coversName(rule.resourceNames, resource.name)
  );
}

/** `pods`, `pods/log`, `*` (subresources too) or `*` + `/scale`. */
function coversResource(
  allowed: readonly string[] | undefined,
  resource: string,
  subresource: string,
): boolean {
  if (allowed === undefined) return false;
  if (subresource === '') return covers(allowed, resource);
  return covers(allowed, `${resource}/${subresource}`) || allowed.includes(`*/${subresource}`);
}

const coversName = (allowed: readonly string[] | undefined, name: string): boolean =>
  allowed === undefined || allowed.length === 0 || allowed.includes(name);

/** True if the rule's URL is the path, or ends in `*` and the path begins with what stands before. */
export function urlCovers(url: string, path: string): boolean {
  return url === path || (url.endsWith(ALL) && path.startsWith(url.replace(/\*+$/, '')));
}
