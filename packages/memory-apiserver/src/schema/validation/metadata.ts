import type { KubeObject } from '../../object.js';
import { splitApiVersion } from '../types.js';
import { listAt, recordAt, textAt } from '../read.js';
import { labelValue, qualifiedName, type Format } from './names.js';
import type { Report } from './report.js';

/** Bytes of all annotations together. */
const maxAnnotationBytes = 256 * 1024;

const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** `metadata` of every object: k8s.io/apimachinery `pkg/api/validation/objectmeta.go`. */
export function validateMetadata(object: KubeObject, format: Format, report: Report): void {
  const { metadata } = object;
  if (metadata.generateName)
    report.malformed(
      'metadata.generateName',
      metadata.generateName,
      format(maskTrailingDash(metadata.generateName)),
    );
  if (metadata.name) report.malformed('metadata.name', metadata.name, format(metadata.name));
  else if (!metadata.generateName) report.required('metadata.name', 'name or generateName is required');
  validateLabels(metadata.labels, 'metadata.labels', report);
  validateAnnotations(metadata.annotations, report);
  validateOwners(object, report);
  metadata.finalizers?.forEach((finalizer, index) => {
    const field = `metadata.finalizers[${index}]`;
    const errors = qualifiedName(finalizer);
    report.malformed(field, finalizer, errors);
    if (errors.length === 0 && !finalizer.includes('/') && !standardFinalizers.has(finalizer))
      report.invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
  });
}

/** A prefix may end with the dash that separates it from what is added. */
const maskTrailingDash = (prefix: string): string =>
  prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix;

/** Labels, and everything else that has their form (selectors). */
export function validateLabels(labels: unknown, field: string, report: Report): void {
  for (const [key, value] of sortedEntries(labels)) {
    report.malformed(field, key, qualifiedName(key));
    report.malformed(field, value, labelValue(String(value)));
  }
}

const sortedEntries = (value: unknown): [string, unknown][] =>
  Object.entries(recordAt(value)).sort(([a], [b]) => (a < b ? -1 : 1));

function validateAnnotations(annotations: Record<string, string> | undefined, report: Report): void {
  let bytes = 0;
  for (const [key, value] of sortedEntries(annotations)) {
    report.malformed('metadata.annotations', key, qualifiedName(key.toLowerCase()));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  }
  if (bytes > maxAnnotationBytes) report.tooLong('metadata.annotations', maxAnnotationBytes);
}

function validateOwners(object: KubeObject, report: Report): void {
  const field = 'metadata.ownerReferences';
  const owners = listAt(object.metadata, 'ownerReferences');
  let controllers = 0;
  for (const owner of owners) {
    const { version } = splitApiVersion(textAt(owner, 'apiVersion'));
    if (version === '')
      report.invalid(`${field}.apiVersion`, textAt(owner, 'apiVersion'), 'version must not be empty');
    for (const name of ['kind', 'name', 'uid'])
      if (textAt(owner, name) === '') report.invalid(`${field}.${name}`, '', 'must not be empty');
    if (recordAt(owner)['controller'] === true) controllers += 1;
  }
  if (controllers < 2) return;
  const names = owners
    .filter((owner) => recordAt(owner)['controller'] === true)
    .map((owner) => `${textAt(owner, 'kind')}/${textAt(owner, 'name')}`);
  report.invalid(
    field,
    owners,
    `Only one reference can have Controller set to true. Found "true" in references for ${names.join(' and ')}`,
  );
}

/** A LabelSelector: k8s.io/apimachinery `pkg/apis/meta/v1/validation`. Answers whether it is well-formed. */
export function validateSelector(selector: unknown, field: string, report: Report): boolean {
  const before = report.causes.length;
  validateLabels(recordAt(selector, 'matchLabels'), `${field}.matchLabels`, report);
  listAt(selector, 'matchExpressions').forEach((expression, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    const count = listAt(expression, 'values').length;
    switch (textAt(expression, 'operator')) {
      case 'In':
      case 'NotIn':
        if (count === 0)
          report.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (count > 0)
          report.forbidden(
            `${at}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          );
        break;
      default:
        report.invalid(`${at}.operator`, textAt(expression, 'operator'), 'not a valid selector operator');
    }
    report.malformed(`${at}.key`, textAt(expression, 'key'), qualifiedName(textAt(expression, 'key')));
  });
  return report.causes.length === before;
}

/** Whether labels fulfil a LabelSelector. */
export function selectorMatches(selector: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  const fits = Object.entries(recordAt(selector, 'matchLabels')).every(
    ([key, value]) => labels[key] === value,
  );
  return (
    fits &&
    listAt(selector, 'matchExpressions').every((expression) => {
      const value = labels[textAt(expression, 'key')];
      const listed = listAt(expression, 'values').includes(value);
      switch (textAt(expression, 'operator')) {
        case 'In':
          return value !== undefined && listed;
        case 'NotIn':
          return value === undefined || !listed;
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}
