import { isObject } from '../codec/json.js';
import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { FieldInfo, Scalar, TypeInfo } from '../schema/types.js';

/** JSON types that a scalar is written in; those that aren't named take anything. */
const JSON_TYPES: Partial<Record<Scalar, readonly string[]>> = {
  string: ['string'],
  bool: ['boolean'],
  int32: ['number'],
  int64: ['number'],
  double: ['number'],
  bytes: ['string'],
  Time: ['string'],
  MicroTime: ['string'],
  Duration: ['string'],
  Quantity: ['string', 'number'],
  IntOrString: ['string', 'number'],
};

const nameOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

type Refuse = (value: unknown, field: string, want: string) => never;

/**
 * Throws BadRequest, worded like Go's decoder, if a value in the object isn't of its field's type: all code behind
 * this relies on the shapes of built-in kinds.
 */
export function checkFieldTypes(object: KubeObject, type: TypeInfo): void {
  const { kind, apiVersion } = object;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  checkMessage(object, type, '', (value, field, want) => {
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal ${nameOf(value)} into Go struct field ${field} of type ${want}`,
    );
  });
}

function checkMessage(value: unknown, type: TypeInfo, path: string, refuse: Refuse): void {
  if (type.union) return;
  if (!isObject(value)) refuse(value, path, type.name);
  else {
    for (const key of Object.keys(value)) {
      const field = type.fields.get(key);
      if (field !== undefined && value[key] !== null)
        checkField(value[key], field, path === '' ? key : `${path}.${key}`, refuse);
    }
  }
}

function checkField(value: unknown, field: FieldInfo, path: string, refuse: Refuse): void {
  if (field.map) {
    if (!isObject(value)) refuse(value, path, 'map');
    else for (const key of Object.keys(value)) checkSingle(value[key], field, `${path}.${key}`, refuse);
  } else if (field.repeated) {
    if (!Array.isArray(value)) refuse(value, path, 'array');
    else value.forEach((item, index) => checkSingle(item, field, `${path}[${index}]`, refuse));
  } else {
    checkSingle(value, field, path, refuse);
  }
}

function checkSingle(value: unknown, field: FieldInfo, path: string, refuse: Refuse): void {
  if (value === null || value === undefined) return;
  if (field.message !== undefined) return checkMessage(value, field.message, path, refuse);
  const { scalar } = field;
  const allowed = scalar === undefined ? undefined : JSON_TYPES[scalar];
  if (scalar === undefined || allowed === undefined) return;
  const broken = (scalar === 'int32' || scalar === 'int64') && !Number.isInteger(value);
  if (broken || !allowed.includes(nameOf(value))) refuse(value, path, scalar);
}
