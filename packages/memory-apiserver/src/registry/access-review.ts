import { invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { Report } from '../schema/validation/report.js';
import { qualifiedName } from '../schema/validation/names.js';
import { parseFieldSelector } from './field-selector.js';
import { parseLabelSelector } from './label-selector.js';
import type { Authorizer, RequestAttributes, UserInfo } from './user.js';

interface Requirement {
  key?: string;
  operator?: string;
  values?: string[];
}

interface SelectorAttributes {
  rawSelector?: string;
  requirements?: Requirement[];
}

interface AccessSpec {
  resourceAttributes?: {
    namespace?: string;
    verb?: string;
    group?: string;
    version?: string;
    resource?: string;
    subresource?: string;
    name?: string;
    fieldSelector?: SelectorAttributes;
    labelSelector?: SelectorAttributes;
  } | null;
  nonResourceAttributes?: { path?: string; verb?: string } | null;
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/**
 * The status of a review of somebody's access. Rules and texts: k8s.io/kubernetes `pkg/apis/authorization/validation`
 * and `pkg/registry/authorization`. Throws Invalid, BadRequest.
 *
 * @param self who asks about themselves; undefined for reviews that name a user
 */
export function reviewAccess(
  authorizer: Authorizer,
  resource: ResourceInfo,
  review: KubeObject,
  self: UserInfo | undefined,
): object {
  const spec = (review['spec'] ?? {}) as AccessSpec;
  const report = new Report();
  checkSpec(spec, report, self === undefined);
  checkMetadata(review, report, resource.namespaced);
  if (resource.namespaced) checkLocal(spec, report, review.metadata.namespace ?? '');
  // Upstream's own form of the object has no kind, and so its errors say none.
  if (report.causes.length > 0) throw invalid({ group: resource.group, kind: '' }, '', report.causes);
  const { allowed, reason } = authorizer.authorize(attributesOf(spec, self ?? userOf(spec)));
  const error = selectorErrors(spec);
  return { allowed, ...(reason ? { reason } : {}), ...(error === '' ? {} : { evaluationError: error }) };
}

function checkSpec(spec: AccessSpec, report: Report, needsUser: boolean): void {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (resource && path) {
    const detail = 'cannot be specified in combination with resourceAttributes';
    report.invalid('spec.nonResourceAttributes', goForm(path), detail);
  }
  if (!resource && !path) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    report.invalid('spec.resourceAttributes', null, detail);
  }
  if (needsUser && !spec.user && (spec.groups ?? []).length === 0)
    report.invalid('spec.user', '', 'at least one of user or group must be specified');
  checkSelector(resource?.fieldSelector, 'spec.resourceAttributes.fieldSelector', report, false);
  checkSelector(resource?.labelSelector, 'spec.resourceAttributes.labelSelector', report, true);
}

function checkSelector(
  selector: SelectorAttributes | undefined,
  field: string,
  report: Report,
  ofLabels: boolean,
): void {
  if (selector === undefined) return;
  const { rawSelector = '', requirements = [] } = selector;
  if (rawSelector !== '' && requirements.length > 0)
    report.invalid(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements');
  if (rawSelector === '' && requirements.length === 0)
    report.required(
      `${field}.requirements`,
      `when ${field} is specified, requirements or rawSelector is required`,
    );
  for (const [index, { key = '', operator, values = [] }] of requirements.entries()) {
    const place = `${field}.requirements[${index}]`;
    if (!ofLabels && key === '') report.required(`${place}.key`, 'must be specified');
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      report.required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      report.forbidden(
        `${place}.values`,
        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      );
    if (ofLabels) report.malformed(`${place}.key`, key, qualifiedName(key));
  }
}

function checkMetadata({ metadata }: KubeObject, report: Report, namespaced: boolean): void {
  const { managedFields: _managedFields, ...rest } = metadata;
  const given = Object.entries(rest).filter(
    ([field, value]) => value !== null && value !== '' && !(namespaced && field === 'namespace'),
  );
  if (given.length === 0) return;
  report.invalid('metadata', rest, namespaced ? 'must be empty except for namespace' : 'must be empty');
}

function checkLocal(spec: AccessSpec, report: Report, namespace: string): void {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  const asked = resource?.namespace ?? '';
  if (resource && asked !== namespace)
    report.invalid('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace');
  if (path) report.invalid('spec.nonResourceAttributes', goForm(path), 'disallowed on this kind of request');
}

/** Values in messages have the names of Go's fields. */
const goForm = ({ path, verb }: { path?: string; verb?: string }): object => ({
  Path: path ?? '',
  Verb: verb ?? '',
});

function attributesOf(
  { resourceAttributes: wanted, nonResourceAttributes: path }: AccessSpec,
  user: UserInfo,
): RequestAttributes {
  if (!wanted) return { user, verb: path?.verb ?? '', path: path?.path ?? '' };
  const { verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' } = wanted;
  const version = wanted.version || '*';
  return { user, verb, resource: { group, version, resource, subresource, namespace, name } };
}

const userOf = ({ user = '', groups, uid, extra }: AccessSpec): UserInfo => ({
  username: user,
  groups: groups ?? [],
  ...(uid === undefined ? {} : { uid }),
  ...(extra === undefined ? {} : { extra }),
});

/** Selectors that can't be read make no difference but are told of. */
function selectorErrors({ resourceAttributes: resource }: AccessSpec): string {
  const errors: string[] = [];
  const check = (name: 'fieldSelector' | 'labelSelector', operators: readonly string[]): void => {
    const { rawSelector = '', requirements = [] } = resource?.[name] ?? {};
    const parse = name === 'fieldSelector' ? parseFieldSelector : parseLabelSelector;
    const readable = requirements.filter(
      ({ operator = '', values = [] }) =>
        operators.includes(operator) && (name === 'labelSelector' || values.length === 1),
    );
    if (readable.length === requirements.length && (rawSelector === '' || parses(parse, rawSelector))) return;
    const how = readable.length > 0 ? 'partially ignored' : 'ignored';
    errors.push(`spec.resourceAttributes.${name} ${how} due to parse error`);
  };
  check('fieldSelector', ['In', 'NotIn']);
  check('labelSelector', ['In', 'NotIn', 'Exists', 'DoesNotExist']);
  return errors.join('; ');
}

function parses(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
