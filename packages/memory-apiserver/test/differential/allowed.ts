import type { Difference } from './compare.js';

/** A difference from kube-apiserver that is meant. At most 20 of them. */
export interface AllowedDifference {
  readonly reason: string;
  /** Where it may be; absent: anywhere. */
  readonly scenario?: string;
  /** Of {@link Difference.step}. */
  readonly step?: RegExp;
  /** Of {@link Difference.path}. */
  readonly path: RegExp;
}

export const allowedDifferences: readonly AllowedDifference[] = [
  {
    reason: 'What the columns of a table mean is prose of the Kubernetes sources; no client shows it.',
    path: /\.columnDefinitions\.\d+\.description$/,
  },
  {
    reason: 'Objects that a cluster begins with are shared by all clusters and have no managers.',
    scenario: 'bootstrap',
    path: /metadata\.managedFields$/,
  },
  {
    reason: 'Nothing keeps track of service account tokens without an end.',
    scenario: 'bootstrap',
    step: /kube-system\/configmaps$/,
    path: /^body\.items/,
  },
  {
    reason:
      "kube-apiserver's own loop writes conditions of APIServices, which here are all there is to them.",
    scenario: 'kinds-cluster',
    step: /\/apiservices\//,
    path: /^body\.(metadata\.(resourceVersion|managedFields)|status|rows)/,
  },
  {
    reason: "kube-apiserver's own loop writes conditions of FlowSchemas; nothing here shares requests out.",
    scenario: 'kinds-cluster',
    step: /\/flowschemas\//,
    path: /^body\.(metadata\.(resourceVersion|managedFields)|status|rows)/,
  },
  {
    reason: 'A cluster is a handler and does not know under which address it is served.',
    scenario: 'routes',
    path: /\.serverAddress$/,
  },
  {
    reason: 'The build that a version tells of is made up.',
    scenario: 'routes',
    step: /\/version/,
    path: /^body\.(gitCommit|gitTreeState|buildDate|goVersion)$/,
  },
  {
    reason: 'Who has no token is unknown: nobody is anonymous.',
    scenario: 'routes',
    step: /^GET \/(api|api\/v1\/namespaces)$/,
    path: /^(status$|body\.(message|reason|code|details))/,
  },
  {
    reason: 'What is wrong with YAML is told in the words of another parser.',
    step: /creating\/configmaps$|managers\/configmaps\/new/,
    path: /^body\.message$/,
  },
  {
    reason: 'A pod that may not change so is not shown as a difference of Go structures.',
    scenario: 'pods',
    step: /^PATCH/,
    path: /^body\.(message|details\.causes(\.\d+\.message|\.length))$/,
  },
  {
    reason: 'A claim that may not change so is not shown as a difference of Go structures.',
    scenario: 'admission-defaults',
    step: /^PATCH .*\/claim$/,
    path: /^body\.(message|details\.causes\.0\.message)$/,
  },
  {
    reason: 'The versions of a definition are not quoted as Go structures.',
    scenario: 'custom-versions',
    step: /^POST .*\/customresourcedefinitions$/,
    path: /^body\.(message|details\.causes\.4\.message)$/,
  },
  {
    reason:
      "autoscaling/v1 doesn't tell in an annotation what of a status only autoscaling/v2 has fields for.",
    scenario: 'kinds-workloads',
    step: /horizontalpodautoscalers\/older\/status$/,
    path: /annotations$|f:metadata$/,
  },
  {
    reason: "A DaemonSet's annotation of its template's generation is in tables as it is elsewhere.",
    scenario: 'kinds-workloads',
    step: /^GET .*\/daemonsets\/agent$/,
    path: /\.annotations$/,
  },
  {
    reason: 'A field that is dropped in storing another version stays with its manager.',
    scenario: 'custom-versions',
    step: /\/things/,
    path: /metadata\.managedFields$/,
  },
  {
    reason: 'Custom resources are served by the time their definition is answered, not a moment later.',
    step: /\/customresourcedefinitions/,
    path: /^body\.((rows\.0\.object\.)?metadata\.(resourceVersion|managedFields)|status)/,
  },
];

export function isAllowedBy(allowed: AllowedDifference, { scenario, step, path }: Difference): boolean {
  if (allowed.scenario !== undefined && allowed.scenario !== scenario) return false;
  return (allowed.step?.test(step) ?? true) && allowed.path.test(path);
}

/** The differences that nothing on the list allows. */
export const unexpected = (differences: readonly Difference[]): Difference[] =>
  differences.filter((difference) => !allowedDifferences.some((allowed) => isAllowedBy(allowed, difference)));
