import type { Json } from '../object.js';
import type { ApplyShape, AtomicShape, FieldsShape } from './apply-shape.js';
import { itemStep, pathText } from './field-set.js';
import { isObject } from './json.js';

/**
 * Says how an applied configuration fails to fit its schema, in the words of structured-merge-diff
 * (`typed/validate.go`); undefined if it fits. Unlike other writes, apply knows of no unknown fields.
 */
export function applyMismatch(value: Json, shape: ApplyShape): string | undefined {
  const errors: string[] = [];
  check(value, shape, '', errors);
  if (errors.length <= 1) return errors[0];
  return ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
}

function check(value: Json, shape: ApplyShape, path: string, errors: string[]): void {
  if (value === null) return;
  const wrong = (why: string): void => void errors.push(path === '' ? why : `${path}: ${why}`);
  if (shape.kind === 'atomic') return checkAtomic(value, shape, path, errors, wrong);
  if (shape.kind === 'fields') {
    if (isObject(value)) checkFields(value, shape, path, errors);
    else if (!shape.isAny) wrong(`expected map, got &{${plain(value)}}`);
    return;
  }
  if (!Array.isArray(value)) return wrong(`expected list, got &{${plain(value)}}`);
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    let step = `v:${JSON.stringify(item)}`;
    if (shape.kind === 'keyed') {
      if (!isObject(item)) {
        const what = item === null ? 'a null element' : 'non-map elements';
        return wrong(`element ${index}: associative list with keys may not have ${what}`);
      }
      step = itemStep(item, shape.keys, shape.defaults);
      if (step === 'k:{}') {
        const keys = `[${shape.keys.map((key) => JSON.stringify(key)).join(' ')}]`;
        return wrong(
          `element ${index}: associative list with keys has an element that omits all key fields ${keys} (and doesn't have default values for any key fields)`,
        );
      }
    }
    const text = pathText([step]);
    if (seen.has(step)) wrong(`duplicate entries for key ${text}`);
    seen.add(step);
    check(item, shape.item, path + text, errors);
  }
}

function checkAtomic(
  value: Json,
  { type, inner }: AtomicShape,
  path: string,
  errors: string[],
  wrong: (why: string) => void,
): void {
  const isScalar = typeof value !== 'object';
  if (type === 'string' && typeof value !== 'string')
    wrong(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  else if (type === 'numeric' && typeof value !== 'number')
    wrong(`expected numeric (int or float), got ${goType(value)}`);
  else if (type === 'boolean' && typeof value !== 'boolean')
    wrong(`expected boolean, got &{${plain(value)}}`);
  else if (type === 'scalar' && !isScalar) wrong(`expected any scalar, got &{${plain(value)}}`);
  else if (type === 'list') {
    if (!Array.isArray(value)) wrong(`expected list, got &{${plain(value)}}`);
    else
      for (const [index, item] of value.entries())
        check(item, inner ?? anything, `${path}[${index}]`, errors);
  } else if (type === 'map') {
    if (!isObject(value)) wrong(`expected map, got &{${plain(value)}}`);
    else if (inner?.kind === 'fields') checkFields(value, inner, path, errors);
  }
}

const anything: ApplyShape = { kind: 'atomic', type: 'any' };

function checkFields(value: Record<string, Json>, shape: FieldsShape, path: string, errors: string[]): void {
  let undeclared: string | undefined;
  for (const [name, part] of Object.entries(value)) {
    if (shape.isOpen || shape.isNamed(name)) check(part, shape.child(name), `${path}.${name}`, errors);
    else undeclared ??= name;
  }
  // Of several, upstream names one.
  if (undeclared !== undefined) errors.push(`${path}.${undeclared}: field not declared in schema`);
}

/** As Go prints a value with `%v`. */
function plain(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(plain).join(' ')}]`;
  if (!isObject(value)) return String(value);
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${plain(value[key] ?? null)}`)
    .join(' ')}]`;
}

/** As Go prints a value with `%#v`. */
function goSyntax(value: Json): string {
  if (value === null) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isObject(value)) return JSON.stringify(value);
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key] ?? null)}`);
  return `map[string]interface {}{${parts.join(', ')}}`;
}

function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
