import { isApiError } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { PatchType } from '../../registry/api.js';
import { splitApiVersion } from '../../schema/types.js';
import { CLUSTER_NAME_PLACEHOLDER } from '../../store/placeholders.js';
import type { StageFields } from './stage-fields.js';
import { functionNames, functionsFor } from './stage-functions.js';
import type { Stage, StageScene } from './stage.js';
import { compileTemplate, type Template } from './template.js';
import { yaml } from '../../yaml.js';

/** One step; answers the object as it is afterwards, undefined if it is gone. */
type Step = (object: KubeObject, scene: StageScene) => KubeObject | undefined;

const nextFields = [
  'event',
  'finalizers',
  'delete',
  'patches',
  'statusTemplate',
  'statusSubresource',
  'statusPatchAs',
];
const stepFields = ['patch', 'event', 'finalizers', 'delete', 'apply'];
const patchFields = ['subresource', 'root', 'template', 'type', 'impersonation'];
const applyFields = ['template', 'subresource', 'type', 'impersonation'];
const impersonationFields = ['username'];

/** What a Stage does, from `next` or `steps`. Throws StageError. */
export function compileSteps(spec: StageFields, kind: string): Stage['play'] {
  const listed = spec.list('steps', stepFields);
  const next = spec.object('next', nextFields);
  const steps =
    listed.length > 0 || next === undefined
      ? listed.flatMap((fields) => compileStep(fields, kind))
      : compileNext(next, kind);
  return (object, scene) => {
    let current: KubeObject | undefined = object;
    for (const step of steps) {
      current = step(current, scene);
      if (current === undefined) return;
    }
  };
}

/** The order that KWOK gives the parts of `next` (pkg/apis/internalversion/conversion.go). */
function compileNext(next: StageFields, kind: string): Step[] {
  const steps = [...eventStep(next), ...finalizersStep(next)];
  const patches = next.list('patches', patchFields);
  const status = next.text('statusTemplate') ?? '';
  next.object('statusPatchAs', impersonationFields);
  const subresource = next.text('statusSubresource') ?? 'status';
  if (patches.length > 0) steps.push(...patches.map((patch) => patchStep(patch, kind)));
  else if (status !== '') steps.push(patching(next, 'statusTemplate', { root: 'status', subresource, kind }));
  return [...steps, ...deleteStep(next)];
}

function compileStep(fields: StageFields, kind: string): Step[] {
  const patch = fields.object('patch', patchFields);
  const apply = fields.object('apply', applyFields);
  return [
    ...eventStep(fields),
    ...finalizersStep(fields),
    ...deleteStep(fields),
    ...(patch === undefined ? [] : [patchStep(patch, kind)]),
    ...(apply === undefined ? [] : [applyStep(apply)]),
  ];
}

function eventStep(fields: StageFields): Step[] {
  const event = fields.object('event', ['type', 'reason', 'message']);
  if (event === undefined) return [];
  const type = event.text('type') ?? 'Normal';
  if (type !== 'Normal' && type !== 'Warning') throw event.error('type', 'must be Normal or Warning');
  const reason = event.text('reason') ?? '';
  const message = event.text('message') ?? '';
  return [
    (object, { context }) => {
      context.events.record(object, type, reason, message);
      return object;
    },
  ];
}

function deleteStep(fields: StageFields): Step[] {
  if (!fields.flag('delete')) return [];
  return [
    ({ metadata: { namespace, name, uid = '' } }, { storage, context }) => {
      try {
        context.api.delete(storage, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
      } catch (error) {
        if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  ];
}

function finalizersStep(fields: StageFields): Step[] {
  const change = fields.object('finalizers', ['add', 'remove', 'empty']);
  if (change === undefined) return [];
  const values = (key: string): string[] => change.list(key, ['value']).map((item) => item.needText('value'));
  const [added, removed, empties] = [values('add'), values('remove'), change.flag('empty')];
  return [
    (object, { storage, context }) => {
      const { namespace, name, uid, finalizers = [] } = object.metadata;
      const kept = empties ? [] : finalizers.filter((finalizer) => !removed.includes(finalizer));
      const wanted = [...new Set([...kept, ...added])];
      if (wanted.join() === finalizers.join()) return object;
      const body = { metadata: { uid, finalizers: wanted } };
      return patched(() => context.api.patch(storage, namespace, name, 'merge', body));
    },
  ];
}

/** The result of a patch; undefined if the object is gone, or another one of its name is there. */
function patched(patch: () => KubeObject): KubeObject | undefined {
  try {
    return patch();
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

function patchStep(fields: StageFields, kind: string): Step {
  fields.object('impersonation', impersonationFields);
  const [root = '', subresource = ''] = [fields.text('root'), fields.text('subresource')];
  return patching(fields, 'template', { root, subresource, kind });
}

function patching(
  fields: StageFields,
  key: string,
  { root, subresource, kind }: { root: string; subresource: string; kind: string },
): Step {
  const template = templateOf(fields, key);
  const type = patchType(fields, kind);
  const options = subresource === '' ? {} : { subresource };
  return (object, scene) => {
    const { namespace, name } = object.metadata;
    const body = rooted(readYaml(template(object, functionsFor(object, scene.context))), root, type);
    return patched(() => scene.context.api.patch(scene.storage, namespace, name, type, body, options));
  };
}

/** `{{cluster-name}}` stands for the cluster's name here as in all objects of a base. */
const templateOf = (fields: StageFields, key: string): Template =>
  fields.compile(key, fields.needText(key), (text) =>
    compileTemplate(text.replaceAll(CLUSTER_NAME_PLACEHOLDER, '{{ ClusterName }}'), functionNames),
  );

/** Without a type, pods and nodes are patched with a strategic merge, others with a merge, as KWOK does. */
function patchType(fields: StageFields, kind: string): PatchType {
  const type = typeField(fields) ?? (kind === 'Pod' || kind === 'Node' ? 'strategic' : 'merge');
  if (type === 'json' || type === 'merge' || type === 'strategic') return type;
  throw fields.error('type', 'must be json, merge or strategic');
}

/** `statusTemplate` stands beside fields of other meaning, among which there is no type. */
const typeField = (fields: StageFields): string | undefined =>
  fields.has('type') ? fields.text('type') : undefined;

function rooted(body: unknown, root: string, type: PatchType): unknown {
  if (root === '') return body;
  if (type !== 'json') return { [root]: body };
  const operations = (body ?? []) as { path: string }[];
  return operations.map((operation) => ({ ...operation, path: `/${root}${operation.path}` }));
}

const readYaml = (text: string): unknown => yaml().parse(text, { uniqueKeys: false, logLevel: 'silent' });

function applyStep(fields: StageFields): Step {
  fields.object('impersonation', impersonationFields);
  const template = templateOf(fields, 'template');
  const type = fields.text('type') ?? 'apply';
  if (type !== 'apply' && type !== 'merge' && type !== 'strategic')
    throw fields.error('type', 'must be apply, merge or strategic');
  const subresource = fields.text('subresource') ?? '';
  return (object, { context }) => {
    const applied = readYaml(template(object, functionsFor(object, context))) as KubeObject;
    const { group, version } = splitApiVersion(applied.apiVersion);
    const resource = context.cluster.catalog.findKind(group, version, applied.kind);
    if (resource === undefined)
      throw new Error(`there is no kind ${applied.apiVersion} ${applied.kind} to apply`);
    const { name, namespace = object.metadata.namespace } = applied.metadata;
    const where = resource.namespaced ? namespace : undefined;
    const isMissing = type !== 'apply' && context.api.find(resource.storage, where, name) === undefined;
    if (isMissing) {
      context.api.create({
        ...applied,
        metadata: { ...applied.metadata, ...(where === undefined ? {} : { namespace: where }) },
      });
    } else {
      const options = {
        ...(subresource === '' ? {} : { subresource }),
        ...(type === 'apply' ? { force: true } : {}),
      };
      context.api.patch(resource.storage, where, name, type, applied, options);
    }
    return object;
  };
}
