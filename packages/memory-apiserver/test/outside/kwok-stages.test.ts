import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { ControllerContext } from '../../src/controllers/controller.js';
import { silentRecorder } from '../../src/controllers/event-recorder.js';
import { compileStage, isStage } from '../../src/controllers/stages/compile-stage.js';
import type { KubeObject } from '../../src/object.js';
import type { ClusterApi } from '../../src/registry/api.js';
import { builtinCatalog } from '../../src/schema/catalog.js';

/** KWOK's own Stages with the inputs and results of its test, from its Go module. */
const { Dir: folder } = JSON.parse(
  execFileSync('go', ['mod', 'download', '-json', 'sigs.k8s.io/kwok@v0.8.0'], { encoding: 'utf8' }),
) as { Dir: string };

const files = readdirSync(join(folder, 'kustomize/stage'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(folder, 'kustomize/stage', name));

const stagesIn = (text: string): KubeObject[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject)
    .filter((object) => isStage(object));

const now = Date.UTC(2026, 0, 1);
const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node' },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
};

/** What a stage does, as KWOK's test writes it. */
function doings(stage: KubeObject, object: KubeObject): unknown[] {
  const done: unknown[] = [];
  const api = {
    find: (storage: string) => (storage === 'nodes' ? node : undefined),
    list: () => [],
    shared: { list: () => [] },
    patch: (_storage: string, _namespace: string, _name: string, _type: string, data: unknown) => {
      done.push({ kind: 'patch', data });
      return object;
    },
    delete: () => void done.push({ kind: 'delete' }),
  } as unknown as ClusterApi;
  const context: ControllerContext = {
    cluster: { uid: 'u', api, catalog: builtinCatalog() },
    api,
    owners: undefined as never,
    isIndexed: true,
    events: {
      ...silentRecorder,
      record: (_about, type, reason, message) => void done.push({ kind: 'event', type, reason, message }),
    },
    now: () => now,
    random: () => 0,
    requeue: () => undefined,
  };
  compileStage(stage).stage.play(object, { storage: 'pods', context });
  return done;
}

/** Times, addresses and names stand as marks in KWOK's results, which are of a cluster with two IP families. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/,\{"ip":"<1 of [^}]*\}/gu, ''],
  [/"(?:<Now>|2026-01-01T00:00:00Z)"/gu, '"NOW"'],
  [/"(?:<(?:\d of )?(?:Node|Pod)IPs?(?:With)?(?:\((?:[^>]|\\")*\))?>|\d+\.\d+\.\d+\.\d+)"/gu, '"IP"'],
  [/"kwok-(?:<Version>|v[\d.]+)"/gu, '"VERSION"'],
  [/"address":"(?:<NodeName>|node-pending)"/gu, '"address":"NAME"'],
  [/"Port":(?:"<NodePort>"|10250)/gu, '"Port":"PORT"'],
];
const marked = (value: unknown): unknown =>
  JSON.parse(marks.reduce((text, [mark, name]) => text.replaceAll(mark, name), JSON.stringify(value)));

interface Expected {
  stages: { stage: string; weight: number; delay?: number[]; next: Record<string, unknown>[] }[];
}

describe('KWOK’s own Stages', () => {
  const usable = files.filter((file) => !readFileSync(file, 'utf8').includes('cel:'));

  it.each(
    usable
      .filter((file) => stagesIn(readFileSync(file, 'utf8')).length > 0)
      .map((file) => [basename(file), file]),
  )('%s can be used', (_name, file) => {
    for (const stage of stagesIn(readFileSync(file, 'utf8'))) compileStage(stage);
  });

  const inputs = usable.filter((file) => file.endsWith('.input.yaml') && !file.includes('/volume/'));
  it.each(inputs.map((file) => [file.slice(folder.length + '/kustomize/stage/'.length), file]))(
    'do to %s what KWOK does',
    (_name, file) => {
      const object = parse(readFileSync(file, 'utf8')) as KubeObject;
      const expected = parse(readFileSync(file.replace('.input.', '.output.'), 'utf8')) as Expected;
      const stageFiles = readdirSync(dirname(dirname(file))).filter((name) => name.endsWith('.yaml'));
      const stages = stageFiles.flatMap((name) =>
        stagesIn(readFileSync(join(dirname(dirname(file)), name), 'utf8')),
      );
      const matching = stages.filter((stage) => compileStage(stage).stage.matches(object));
      expect(matching.map(({ metadata }) => metadata.name).sort()).toEqual(
        expected.stages.map(({ stage }) => stage).sort(),
      );
      for (const { stage: name, weight, next } of expected.stages) {
        const stage = matching.find(({ metadata }) => metadata.name === name) as KubeObject;
        expect(compileStage(stage).stage.weight(object)).toBe(weight);
        const wanted = next.map(({ kind, data, type, reason, message }) =>
          kind === 'patch' ? { kind, data } : kind === 'event' ? { kind, type, reason, message } : { kind },
        );
        expect(marked(doings(stage, object))).toEqual(marked(wanted));
      }
    },
  );
});
