import { listAt, recordAt, textAt } from '../../schema/read.js';
import { isConfined } from './baseline-checks.js';
import type { Check } from './check.js';
import type { Container, PodLike } from './pod-view.js';
import {
  containersOf,
  contextOf,
  isWindows,
  named,
  namesOf,
  quoted,
  setters,
  sorted,
  valuesSet,
} from './pod-view.js';

/** From this version on pods for Windows are spared what only Linux knows. */
const WINDOWS_SPARED = 25;

const ALLOWED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const OTHER_VOLUMES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
];

const isSpared = (pod: PodLike, minor: number): boolean => minor >= WINDOWS_SPARED && isWindows(pod);

/** What the `restricted` level adds to `baseline`, in the order of the ids. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: 8,
    check(pod, minor) {
      const bad = namesOf(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
      if (bad.length === 0 || isSpared(pod, minor)) return undefined;
      return [
        'allowPrivilegeEscalation != false',
        `${named('container', bad)} must set securityContext.allowPrivilegeEscalation=false`,
      ];
    },
  },
  {
    id: 'capabilities_restricted',
    since: 22,
    overrides: 'capabilities_baseline',
    check(pod, minor) {
      if (isSpared(pod, minor)) return undefined;
      const keeping = namesOf(
        pod,
        ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
      );
      const added = ({ securityContext }: Container): string[] =>
        (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
      const adding = namesOf(pod, (container) => added(container).length > 0);
      const names = quoted(sorted(containersOf(pod).flatMap(added)));
      const details = [
        ...(keeping.length === 0
          ? []
          : [`${named('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
        ...(adding.length === 0
          ? []
          : [`${named('container', adding)} must not include ${names} in securityContext.capabilities.add`]),
      ];
      return details.length === 0 ? undefined : ['unrestricted capabilities', details.join('; ')];
    },
  },
  {
    id: 'restrictedVolumes',
    since: 0,
    overrides: 'hostPathVolumes',
    check({ spec }) {
      const has = (volume: unknown, source: string): boolean => recordAt(volume)[source] !== undefined;
      const bad = listAt(spec, 'volumes').filter(
        (volume) => !ALLOWED_VOLUMES.some((source) => has(volume, source)),
      );
      if (bad.length === 0) return undefined;
      const types = sorted(
        bad.map((volume) => OTHER_VOLUMES.find((source) => has(volume, source)) ?? 'unknown'),
      );
      const names = bad.map((volume) => textAt(volume, 'name'));
      const uses = `${bad.length === 1 ? 'uses' : 'use'} restricted volume type${types.length === 1 ? '' : 's'}`;
      return ['restricted volume types', `${named('volume', names)} ${uses} ${quoted(types)}`];
    },
  },
  {
    id: 'runAsNonRoot',
    since: 0,
    check(pod) {
      const who = setters(pod, ({ runAsNonRoot }) => runAsNonRoot === false);
      const reason = 'runAsNonRoot != true';
      if (who !== '') return [reason, `${who} must not set securityContext.runAsNonRoot=false`];
      if (contextOf(pod).runAsNonRoot === true) return undefined;
      const bad = namesOf(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
      return bad.length === 0
        ? undefined
        : [reason, `pod or ${named('container', bad)} must set securityContext.runAsNonRoot=true`];
    },
  },
  {
    id: 'runAsUser',
    since: 23,
    check(pod) {
      const who = setters(pod, ({ runAsUser }) => runAsUser === 0);
      return who === '' ? undefined : ['runAsUser=0', `${who} must not set runAsUser=0`];
    },
  },
  {
    id: 'seccompProfile_restricted',
    since: 19,
    overrides: 'seccompProfile_baseline',
    check(pod, minor) {
      if (isSpared(pod, minor)) return undefined;
      const isOdd = (type: string | undefined): type is string => type !== undefined && !isConfined(type);
      const who = setters(pod, ({ seccompProfile }) => isOdd(seccompProfile?.type));
      if (who !== '') {
        const types = quoted(
          sorted(valuesSet(pod, ({ seccompProfile }) => seccompProfile?.type).filter(isOdd)),
        );
        return ['seccompProfile', `${who} must not set securityContext.seccompProfile.type to ${types}`];
      }
      if (contextOf(pod).seccompProfile !== undefined) return undefined;
      const bad = namesOf(pod, ({ securityContext }) => securityContext?.seccompProfile === undefined);
      if (bad.length === 0) return undefined;
      const subject = `pod or ${named('container', bad)}`;
      return [
        'seccompProfile',
        `${subject} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      ];
    },
  },
];
