import type { PodLike } from './pod-view.js';

/** One check of the Pod Security Standards: upstream's package `policy` of k8s.io/pod-security-admission. */
export interface Check {
  readonly id: string;
  /** The minor version of Kubernetes from which on it is part of its level. */
  readonly since: number;
  /** A check of the lower level that this one stands in for. */
  readonly overrides?: string;
  /** What is forbidden about the pod, and where; undefined if nothing. `minor` is the version asked for. */
  check(pod: PodLike, minor: number): readonly [reason: string, detail: string] | undefined;
}
