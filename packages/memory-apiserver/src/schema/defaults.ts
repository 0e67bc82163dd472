import type { KubeObject } from '../object.js';
import type { Default } from './defaults/default.js';
import { otherDefaults } from './defaults/others.js';
import { podDefaults } from './defaults/pods.js';
import { workloadDefaults } from './defaults/workloads.js';
import { completeZeroValues, visitTypes } from './normalize.js';

const defaults: ReadonlyMap<string, Default> = new Map(
  Object.entries({ ...podDefaults, ...workloadDefaults, ...otherDefaults }),
);

/**
 * Completes an object of a built-in kind as kube-apiserver does when it reads and writes it, in place: the
 * defaults of its types (k8s.io/kubernetes `pkg/apis/<group>/<version>/defaults.go`), canonical quantities, and
 * the zero values that Go always writes. What admission adds (addresses, tolerations, service accounts, …) is not
 * its business. Other kinds are left as they are.
 *
 * @param parts the fields of the object that are new; the others are complete already. @default all
 */
export function applyDefaults(object: KubeObject, parts?: ReadonlySet<string>): void {
  visitTypes(object, (value, type) => defaults.get(type.id)?.(value), parts);
  completeZeroValues(object, parts);
}
