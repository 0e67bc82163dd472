import { cloneJson } from '../codec/json.js';
import type { KubeObject } from '../object.js';
import { completeZeroValues } from '../schema/normalize.js';
import type { ResourceInfo } from '../schema/resource.js';
import { fromStoredForm } from '../schema/structural/stored-form.js';
import { answerText, objectText, parseObject } from '../store/text.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf } from './context.js';

/** Turns objects of a version into the stored form and back; both may change what they are given. */
interface Converter {
  toStorage(object: KubeObject): void;
  fromStorage(object: KubeObject): void;
}

function rename(object: Record<string, unknown>, names: readonly (readonly [string, string])[]): void {
  for (const [from, to] of names) {
    if (object[from] === undefined) continue;
    object[to] = object[from];
    delete object[from];
  }
}

/** Fields of events.k8s.io/v1 and of core/v1 Events: k8s.io/kubernetes `pkg/apis/events/v1/conversion.go`. */
const EVENT_FIELDS = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['reportingController', 'reportingComponent'],
] as const;

const events: Converter = {
  toStorage: (event) => rename(event, EVENT_FIELDS),
  fromStorage: (event) =>
    rename(
      event,
      EVENT_FIELDS.map(([newer, older]) => [older, newer] as const),
    ),
};

interface ScalerSpec {
  targetCPUUtilizationPercentage?: number;
  metrics?: {
    type: string;
    resource?: { name: string; target?: { type?: string; averageUtilization?: number } };
  }[];
}

interface ScalerStatus {
  currentCPUUtilizationPercentage?: number;
  currentMetrics?:
    { type: string; resource?: { name: string; current?: { averageUtilization?: number } } }[] | null;
}

/** autoscaling/v1 knows only the CPU target of what autoscaling/v2 calls metrics. */
const scalers: Converter = {
  toStorage(scaler) {
    const spec = (scaler.spec ?? {}) as ScalerSpec;
    const percent = spec.targetCPUUtilizationPercentage;
    delete spec.targetCPUUtilizationPercentage;
    if (percent !== undefined) {
      const target = { type: 'Utilization', averageUtilization: percent };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    }
    const status = scaler.status as ScalerStatus | undefined;
    if (status === undefined) return;
    const current = status.currentCPUUtilizationPercentage;
    delete status.currentCPUUtilizationPercentage;
    status.currentMetrics =
      current === undefined
        ? null
        : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }];
  },
  fromStorage(scaler) {
    const spec = (scaler.spec ?? {}) as ScalerSpec;
    const cpu = spec.metrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.target
      ?.averageUtilization;
    delete spec.metrics;
    if (cpu !== undefined) spec.targetCPUUtilizationPercentage = cpu;
    const status = scaler.status as ScalerStatus | undefined;
    const now = status?.currentMetrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.current;
    if (status === undefined) return;
    delete status.currentMetrics;
    if (now?.averageUtilization !== undefined)
      status.currentCPUUtilizationPercentage = now.averageUtilization;
  },
};

const converters: Readonly<Record<string, Converter>> = {
  'events.k8s.io/v1/events': events,
  'autoscaling/v1/horizontalpodautoscalers': scalers,
};

/** The converter of each resource that has been asked about, or null. */
const known = new WeakMap<ResourceInfo, Converter | null>();

function converterOf(resource: ResourceInfo): Converter | undefined {
  let converter = known.get(resource);
  if (converter === undefined) {
    converter = converters[`${apiVersionOf(resource)}/${resource.plural}`] ?? null;
    known.set(resource, converter);
  }
  return converter ?? undefined;
}

/** The row in whose version objects of the resource are stored, defaulted and validated. */
export function storageRow(context: RegistryContext, resource: ResourceInfo): ResourceInfo {
  // Custom versions differ in schema, not in form: each keeps its own row.
  if (resource.custom !== undefined) return resource;
  return context.catalog.findStorage(resource.storage) ?? resource;
}

/** Brings an object, as a client wrote it in the resource's version, into the stored form, in place. */
export function toStorage(context: RegistryContext, resource: ResourceInfo, object: KubeObject): KubeObject {
  const row = storageRow(context, resource);
  if (row !== resource) converterOf(resource)?.toStorage(object);
  object.apiVersion = apiVersionOf(row);
  object.kind = row.kind;
  return object;
}

/** Brings an object from the stored form into the resource's version, in place. */
export function fromStorage(resource: ResourceInfo, object: KubeObject): KubeObject {
  converterOf(resource)?.fromStorage(object);
  object.apiVersion = apiVersionOf(resource);
  object.kind = resource.kind;
  if (resource.custom !== undefined) fromStoredForm(resource.custom, object);
  if (converterOf(resource) !== undefined) completeZeroValues(object);
  return object;
}

/** False if objects are stored just as they are answered. */
const differs = (resource: ResourceInfo): boolean =>
  converterOf(resource) !== undefined || resource.custom?.mayDiffer === true;

/** The stored object in the resource's version: itself for all but a few resources, else a copy. */
export function inVersion(resource: ResourceInfo, object: KubeObject): KubeObject {
  return !differs(resource) ? object : fromStorage(resource, cloneJson(object));
}

/** The stored text as an answer in the resource's version, with managedFields in full. */
export const textInVersion = (resource: ResourceInfo, text: string): string =>
  answerText(compactInVersion(resource, text));

/** The stored text in the resource's version, managedFields as they are stored. */
export const compactInVersion = (resource: ResourceInfo, text: string): string =>
  differs(resource) ? objectText(fromStorage(resource, parseObject('', '', text))) : text;
