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

/** `meta.k8s.io/v1` Table without its list metadata, which the caller knows. */
export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: Record<string, unknown>;
  columnDefinitions: readonly TableColumn[];
  rows: TableRow[];
}

export interface TableRow {
  cells: Cell[];
  conditions?: readonly TableRowCondition[];
  object?: KubeObject | { kind: 'PartialObjectMetadata'; apiVersion: 'meta.k8s.io/v1'; metadata: ObjectMeta };
}

export interface TableOptions {
  /** What each row carries of its object; kubectl asks for `Metadata`, or `Object` to sort or watch. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
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
  { includeObject }: TableOptions,
): Table {
  const printer = printerOf(resource);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: printer.columns,
    rows: objects.map((object) => {
      const conditions = printer.conditions?.(object) ?? [];
      return {
        cells: printer.cells(object, now),
        ...(conditions.length === 0 ? {} : { conditions }),
        ...(includeObject === 'None'
          ? {}
          : { object: includeObject === 'Object' ? object : metadataOf(object) }),
      };
    }),
  };
}

const metadataOf = ({ metadata }: KubeObject) =>
  ({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }) as const;
