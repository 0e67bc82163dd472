import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { timestamp } from '../store/identity.js';
import { wholeText } from '../store/text.js';
import { reviewAccess } from './access-review.js';
import type { TokenAuthenticator } from './authentication.js';
import type { RegistryContext } from './context.js';
import { setNamespace } from './namespaces.js';
import type { FieldWriter } from './track-fields.js';
import { takeSentFields, trackCreate } from './track-fields.js';
import type { PolicyRule, UserInfo, UserRules } from './user.js';

/** What a review is answered with. */
export interface ReviewContext {
  context: RegistryContext;
  authenticator: TokenAuthenticator;
  /** Who asks. */
  user: UserInfo;
  /** That the review is made in; undefined for those of the whole cluster. */
  namespace?: string | undefined;
}

/** Answers the question as a whole, as reviews differ in what they repeat of it. */
type Review = (review: KubeObject, about: ReviewContext, resource: ResourceInfo) => KubeObject;

/** SubjectAccessReview and LocalSubjectAccessReview. */
const accessOf: Review = (review, { context, namespace }, resource) => {
  if (resource.namespaced) setNamespace(resource, review, namespace);
  return { ...review, status: reviewAccess(context.authorizer, resource, review, undefined) };
};

const accessOfSelf: Review = (review, { context, user }, resource) => ({
  ...review,
  status: reviewAccess(context.authorizer, resource, review, user),
});

const rulesOfSelf: Review = ({ kind, apiVersion, spec }, { context, user }) => {
  const { namespace } = (spec ?? {}) as { namespace?: string };
  if (!namespace) throw badRequest('no namespace on request');
  const unknown: UserRules = {
    rules: [],
    incomplete: true,
    error: 'the authorizer does not support user rule resolution',
  };
  const { rules, incomplete, error } = context.authorizer.rulesFor?.(user, namespace) ?? unknown;
  return {
    kind,
    apiVersion,
    metadata: {} as KubeObject['metadata'],
    spec: {},
    status: {
      resourceRules: rules.filter(({ resources = [] }) => resources.length > 0).map(resourceRule),
      nonResourceRules: rules
        .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete,
      ...(error === undefined ? {} : { evaluationError: error }),
    },
  };
};

const resourceRule = ({ verbs, apiGroups, resources, resourceNames }: PolicyRule): object => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames === undefined || resourceNames.length === 0 ? {} : { resourceNames }),
});

const self: Review = ({ kind, apiVersion }, { context, user }) => ({
  kind,
  apiVersion,
  metadata: { creationTimestamp: timestamp(context.now()) } as KubeObject['metadata'],
  status: { userInfo: userInfo(user) },
});

const token: Review = (review, { authenticator }) => {
  const { token: value, audiences } = (review['spec'] ?? {}) as { token?: string; audiences?: string[] };
  if (!value) throw badRequest('token is required for TokenReview in authentication');
  const answer = authenticator.review(value, audiences ?? []);
  const status =
    'error' in answer
      ? { user: {}, error: answer.error }
      : { authenticated: true, user: userInfo(answer.user), audiences: answer.audiences };
  return { ...review, status };
};

/** As `authentication/v1` UserInfo is written: without what is empty. */
const userInfo = ({ username, uid, groups, extra }: UserInfo): object => ({
  username,
  ...(uid ? { uid } : {}),
  ...(groups.length === 0 ? {} : { groups }),
  ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
});

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

/** Text of the review with its answer in the status. Throws ApiError for what isn't a question. */
export function answerReview(
  resource: ResourceInfo,
  review: KubeObject,
  about: ReviewContext,
  writer: FieldWriter,
): string {
  takeSentFields(review);
  trackCreate(about.context, resource, review, writer, undefined);
  return wholeText(reviews[resource.storage]?.(review, about, resource) ?? review);
}
