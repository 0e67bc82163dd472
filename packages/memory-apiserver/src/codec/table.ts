import type { KubeObject, ObjectMeta } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { corePrinters } from './tables/core.js';
import { customPrinter } from './tables/custom.js';
import { otherPrinters } from './tables/other.js';
import { podPrinter } from './tables/pods.js';
import {
  columns,
  type Cell,
  type Printer,
  type TableColumn,
  type TableRowCondition,
} from './tables/printer.js';
import { workloadPrinters } from './tables/workloads.js';

/** `meta.k8s.io` Table without its list metadata, which the caller knows. */
export interface Table {
  kind: 'Table';
  apiVersion: string;
  metadata: Record<string, unknown>;
  columnDefinitions: readonly TableColumn[];
  rows: TableRow[];
}

export interface TableRow {
  cells: Cell[];
  conditions?: readonly TableRowCondition[];
  /** Null if it isn't wanted. */
  object: KubeObject | null | { kind: 'PartialObjectMetadata'; apiVersion: string; metadata: ObjectMeta };
}

export interface TableOptions {
  /** What each row carries of its object; kubectl asks for `Metadata`, or `Object` to sort or watch. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Of `meta.k8s.io`, for the Table and the metadata in it. @default 'v1' */
  readonly version?: string;
}

const printers: ReadonlyMap<string, Printer> = new Map([
  ['pods', podPrinter],
  ...Object.entries(workloadPrinters),
  ...Object.entries(corePrinters),
  ...Object.entries(otherPrinters),
]);

/** For kinds without columns of their own, as k8s.io/apiserver's default table convertor. */
const defaultPrinter: Printer = {
  columns: columns('Name/name Created_At:date'),
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? ''],
};

function printerOf(resource: ResourceInfo): Printer {
  if (resource.custom !== undefined) return customPrinter(resource);
  return printers.get(resource.storage) ?? defaultPrinter;
}

/**
 * The objects as `kubectl get` shows them: the columns of upstream's printers
 * (k8s.io/kubernetes `pkg/printers/internalversion`), those of `-o wide` with priority 1, or a CRD's.
 *
 * @param now milliseconds since the epoch, for ages
 */
export function toTable(
  resource: ResourceInfo,
  objects: readonly KubeObject[],
  now: number,
  { includeObject, version = 'v1' }: TableOptions,
): Table {
  const printer = printerOf(resource);
  const apiVersion = `meta.k8s.io/${version}`;
  return {
    kind: 'Table',
    apiVersion,
    metadata: {},
    columnDefinitions: printer.columns,
    rows: objects.map((object) => {
      const conditions = printer.conditions?.(object) ?? [];
      return {
        cells: printer.cells(object, now),
        ...(conditions.length === 0 ? {} : { conditions }),
        object: rowObject(object, includeObject, apiVersion),
      };
    }),
  };
}

function rowObject(
  object: KubeObject,
  include: TableOptions['includeObject'],
  apiVersion: string,
): TableRow['object'] {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
}
