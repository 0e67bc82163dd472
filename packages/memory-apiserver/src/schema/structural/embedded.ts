import type { FieldCause } from '../../errors.js';
import type { Json, KubeObject } from '../../object.js';
import { validateMetadata } from '../validation/metadata.js';
import { dns1035Label, pathSegment } from '../validation/names.js';
import { Report } from '../validation/report.js';
import { invalidValue, requiredValue } from './causes.js';
import { isFields, type Fields, type SchemaNode } from './node.js';

/**
 * Faults in kind, apiVersion and metadata of objects within the object (`x-kubernetes-embedded-resource`):
 * k8s.io/apiextensions-apiserver `pkg/apiserver/schema/objectmeta`.
 */
export function embeddedCauses(value: Json, node: SchemaNode, path = ''): FieldCause[] {
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined
      ? []
      : value.flatMap((item, index) => embeddedCauses(item, items, `${path}[${index}]`));
  }
  if (!isFields(value)) return [];
  return [
    ...(node.isEmbedded ? resourceCauses(value, path) : []),
    ...Object.entries(value).flatMap(([name, item]) => {
      const property = node.property(name);
      if (property !== undefined)
        return embeddedCauses(item, property, path === '' ? name : `${path}.${name}`);
      return node.additional === undefined ? [] : embeddedCauses(item, node.additional, `${path}[${name}]`);
    }),
  ];
}

function resourceCauses(resource: Fields, path: string): FieldCause[] {
  const causes: FieldCause[] = [];
  for (const field of ['apiVersion', 'kind'])
    if (resource[field] === undefined) causes.push(requiredValue(`${path}.${field}`));
  const { apiVersion, kind, metadata } = resource;
  if (apiVersion !== undefined)
    causes.push(...textCauses(apiVersion, `${path}.apiVersion`, groupVersionFault));
  if (kind !== undefined) causes.push(...textCauses(kind, `${path}.kind`, kindFault));
  if (metadata !== undefined) causes.push(...metadataCauses(metadata, `${path}.metadata`));
  return causes;
}

function textCauses(value: Json, field: string, fault: (text: string) => string | undefined): FieldCause[] {
  if (typeof value !== 'string') return [invalidValue(field, value, 'must be a string')];
  const why = value === '' ? 'must not be empty' : fault(value);
  return why === undefined ? [] : [invalidValue(field, value, why)];
}

const groupVersionFault = (text: string): string | undefined =>
  text.split('/').length > 2 ? `unexpected GroupVersion string: ${text}` : undefined;

function kindFault(text: string): string | undefined {
  const errors = dns1035Label(text.toLowerCase());
  return errors.length === 0
    ? undefined
    : `may have mixed case, but should otherwise match: ${errors.join(',')}`;
}

function metadataCauses(metadata: Json, field: string): FieldCause[] {
  if (!isFields(metadata)) return [invalidValue(field, metadata, 'must be an object')];
  const report = new Report();
  const named = { ...metadata, name: metadata['name'] ?? 'fakename' };
  validateMetadata(
    { apiVersion: '', kind: '', metadata: named } as unknown as KubeObject,
    pathSegment,
    report,
  );
  return report.causes.map((cause) => ({ ...cause, field: cause.field.replace(/^metadata/, field) }));
}
