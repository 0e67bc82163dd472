import { isApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ControllerContext } from './controller.js';
import { canonicalJson, fnv32, safeEncode, templateText } from './hash.js';
import type { ControllerRevision, PodTemplate } from './kinds.js';
import { controllerRef, isControlledBy } from './ownership.js';
import { compact } from './status.js';

const storage = 'controllerrevisions.apps';

/** The label of pods that names the template they come from; a DaemonSet's revisions have it too. */
export const revisionLabel = 'controller-revision-hash';

/** The same on a StatefulSet's revisions. */
const hashLabel = 'controller.kubernetes.io/hash';

interface Owner extends KubeObject {
  spec: { template: PodTemplate; revisionHistoryLimit?: number };
  status?: { collisionCount?: number };
}

export interface Revisions {
  /** That of the present template. */
  readonly update: ControllerRevision;
  /** All, by number, `update` last. */
  readonly all: readonly ControllerRevision[];
  /** How often the name that a revision was to have was taken by another one. */
  readonly collisionCount: number;
}

/**
 * The template's history of a StatefulSet or DaemonSet, the present one included: made if new, given the highest
 * number if it is an old one again (upstream: pkg/controller/history).
 */
export function syncRevisions({ api }: ControllerContext, owner: Owner): Revisions {
  const { namespace, name } = owner.metadata;
  const { template } = owner.spec;
  const owned = (api.list(storage, namespace === undefined ? {} : { namespace }) as ControllerRevision[])
    .filter((revision) => isControlledBy(revision, owner))
    .sort((a, b) => a.revision - b.revision);
  // Byte for byte as upstream's getPatch writes it, by which clients find the revision of a set.
  const text = canonicalJson({ spec: { template: { ...template, $patch: 'replace' } } });
  const data = JSON.parse(text) as ControllerRevision['data'];
  const wanted = templateText(data);
  const next = (owned.at(-1)?.revision ?? 0) + 1;
  const equal = owned.findLast((revision) => templateText(revision.data) === wanted);
  let collisionCount = owner.status?.collisionCount ?? 0;
  if (equal !== undefined) {
    if (equal === owned.at(-1)) return { update: equal, all: owned, collisionCount };
    const renumbered = api.update({ ...equal, revision: next }) as ControllerRevision;
    const others = owned.filter((revision) => revision !== equal);
    return { update: renumbered, all: [...others, renumbered], collisionCount };
  }
  for (; ; collisionCount++) {
    // That of upstream's StatefulSets; for DaemonSets it hashes how Go would print the template.
    const hash = safeEncode(fnv32(`${goEscaped(text)}${collisionCount}`));
    const revisionName = `${name}-${hash}`;
    try {
      const created = api.create({
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: revisionName,
          ...(namespace === undefined ? {} : { namespace }),
          labels: {
            ...template.metadata?.labels,
            [owner.kind === 'DaemonSet' ? revisionLabel : hashLabel]: hash,
          },
          ownerReferences: [controllerRef(owner)],
          ...compact({ annotations: owner.metadata.annotations }),
        },
        data,
        revision: next,
      }) as ControllerRevision;
      return { update: created, all: [...owned, created], collisionCount };
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const there = api.find(storage, namespace, revisionName) as ControllerRevision | undefined;
      if (there !== undefined && templateText(there.data) === wanted)
        return { update: there, all: [...owned, there], collisionCount };
    }
  }
}

/** JSON as Go writes it, safe in HTML. */
const goEscaped = (json: string): string =>
  json.replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The hash in a revision's name, with which a DaemonSet marks its pods. */
export const hashOf = ({ metadata }: ControllerRevision): string =>
  metadata.labels?.[revisionLabel] ?? metadata.labels?.[hashLabel] ?? metadata.name;

/** Deletes the oldest of these revisions beyond the owner's limit; those in use stay. */
export function dropRevisions(
  { api }: ControllerContext,
  owner: Owner,
  revisions: readonly ControllerRevision[],
  isUsed: (revision: ControllerRevision) => boolean,
): void {
  const unused = revisions.filter((revision) => !isUsed(revision));
  const surplus = revisions.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const { metadata } of unused.slice(0, Math.max(0, surplus))) {
    api.delete(storage, metadata.namespace, metadata.name);
  }
}
