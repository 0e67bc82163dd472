import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { TokenAuthenticator } from './authentication.js';
import type { RegistryContext } from './context.js';
import type { RequestAttributes, UserInfo } from './user.js';

/** What a review is answered with. */
export interface ReviewContext {
  context: RegistryContext;
  authenticator: TokenAuthenticator;
  /** Who asks. */
  user: UserInfo;
}

interface AccessSpec {
  resourceAttributes?: {
    namespace?: string;
    verb?: string;
    group?: string;
    version?: string;
    resource?: string;
    subresource?: string;
    name?: string;
  };
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

type Review = (review: KubeObject, about: ReviewContext) => unknown;

function attributesOf(spec: AccessSpec, user: UserInfo): RequestAttributes {
  const { resourceAttributes: wanted, nonResourceAttributes: path } = spec;
  if ((wanted === undefined) === (path === undefined)) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  if (wanted === undefined) return { user, verb: path?.verb ?? '', path: path?.path ?? '' };
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = wanted;
  return { user, verb, resource: { group, version, resource, subresource, namespace, name } };
}

/** Of someone else: SubjectAccessReview and LocalSubjectAccessReview. */
const accessOf: Review = (review, { context }) => {
  const spec = (review.spec ?? {}) as AccessSpec;
  if (!spec.user && (spec.groups ?? []).length === 0)
    throw badRequest('at least one of user or group must be specified');
  const user: UserInfo = {
    username: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  };
  return context.authorizer.authorize(attributesOf(spec, user));
};

const accessOfSelf: Review = (review, { context, user }) =>
  context.authorizer.authorize(attributesOf((review.spec ?? {}) as AccessSpec, user));

const rulesOfSelf: Review = () => ({
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
});

const self: Review = (_review, { user }) => ({ userInfo: user });

const token: Review = (review, { authenticator }) => {
  const { token: value = '', audiences } = (review.spec ?? {}) as { token?: string; audiences?: string[] };
  const user = authenticator.authenticate(value);
  if (user === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user, ...(audiences === undefined ? {} : { audiences }) };
};

const reviews: Readonly<Record<string, Review>> = {
  'subjectaccessreviews.authorization.k8s.io': accessOf,
  'localsubjectaccessreviews.authorization.k8s.io': accessOf,
  'selfsubjectaccessreviews.authorization.k8s.io': accessOfSelf,
  'selfsubjectrulesreviews.authorization.k8s.io': rulesOfSelf,
  'selfsubjectreviews.authentication.k8s.io': self,
  'tokenreviews.authentication.k8s.io': token,
};

/** True for resources whose create is a question, not an object. */
export const isReview = (resource: ResourceInfo): boolean => reviews[resource.storage] !== undefined;

/** The review with its answer in the status. */
export function answerReview(resource: ResourceInfo, review: KubeObject, about: ReviewContext): KubeObject {
  return { ...review, status: reviews[resource.storage]?.(review, about) };
}
