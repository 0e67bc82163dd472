import type { Json } from '../../object.js';
import type { PrinterColumn, ResourceInfo } from '../../schema/resource.js';
import { findByJsonPath } from '../json-path.js';
import { columns, since, type Cell, type Printer } from './printer.js';

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const printers = new WeakMap<ResourceInfo, Printer>();

/** The printer of a CRD's version: its `additionalPrinterColumns`, or the age if it has none. */
export function customPrinter(resource: ResourceInfo): Printer {
  let printer = printers.get(resource);
  if (printer === undefined) {
    const declared = resource.custom?.printerColumns ?? [];
    printer = makePrinter(declared.length === 0 ? [ageColumn] : declared);
    printers.set(resource, printer);
  }
  return printer;
}

function makePrinter(declared: readonly PrinterColumn[]): Printer {
  return {
    columns: [
      ...columns('Name/name'),
      ...declared.map(({ name, type, format = '', description = '', priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    cells: (object, now) => [
      object.metadata.name,
      ...declared.map(({ type, jsonPath }) => cell(type, findByJsonPath(object, jsonPath)[0], now)),
    ],
  };
}

/** A value as its column's type; null when it has another. */
function cell(type: string, value: Json | undefined, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? since(value, now) : '<invalid>';
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}
