import type { Environment } from '@marcbachmann/cel-js';

/** What an expression asks whether it is allowed. */
export interface CelAccess {
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Asked for this account instead of the requester. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export type CelAuthorize = (access: CelAccess, verb: string) => { allowed: boolean; reason?: string };

const NOTHING: CelAccess = { group: '', resource: '', subresource: '', namespace: '', name: '' };

class Check {
  constructor(
    readonly authorize: CelAuthorize,
    readonly access: CelAccess,
  ) {}

  with(more: Partial<CelAccess>): this {
    return new (this.constructor as new (authorize: CelAuthorize, access: CelAccess) => this)(
      this.authorize,
      {
        ...this.access,
        ...more,
      },
    );
  }
}

class PathCheck extends Check {}
class GroupCheck extends Check {}
class ResourceCheck extends Check {}

class Decision {
  constructor(
    readonly allowed: boolean,
    readonly reason: string,
  ) {}
}

/** The variable `authorizer`. */
export class CelAuthorizer extends Check {
  constructor(
    authorize: CelAuthorize,
    access: CelAccess = NOTHING,
    /** The resource of the request. */
    readonly requestResource: unknown = undefined,
  ) {
    super(authorize, access);
  }

  static ofRequest(authorize: CelAuthorize, request: CelAccess): CelAuthorizer {
    return new CelAuthorizer(authorize, NOTHING, new ResourceCheck(authorize, request));
  }
}

const decide = (check: Check, verb: string): Decision => {
  const { allowed, reason = '' } = check.authorize(check.access, verb);
  return new Decision(allowed, reason);
};

const AUTHORIZER = 'kubernetes.authorization.Authorizer';
const PATH = 'kubernetes.authorization.PathCheck';
const GROUP = 'kubernetes.authorization.GroupCheck';
const RESOURCE = 'kubernetes.authorization.ResourceCheck';
const DECISION = 'kubernetes.authorization.Decision';

/** The type of the variable `authorizer`. */
export const AUTHORIZER_TYPE = AUTHORIZER;

/** k8s.io/apiserver `pkg/cel/library/authz.go`. */
export function registerAuthorizer(environment: Environment): void {
  environment
    .registerType(PATH, PathCheck)
    .registerType(GROUP, GroupCheck)
    .registerType(RESOURCE, ResourceCheck)
    .registerType(DECISION, Decision)
    .registerType(AUTHORIZER, { ctor: CelAuthorizer, fields: { requestResource: RESOURCE } })
    .registerFunction(
      `${AUTHORIZER}.path(string): ${PATH}`,
      ({ authorize, access }: CelAuthorizer, path: string) => new PathCheck(authorize, { ...access, path }),
    )
    .registerFunction(
      `${AUTHORIZER}.group(string): ${GROUP}`,
      ({ authorize, access }: CelAuthorizer, group: string) =>
        new GroupCheck(authorize, { ...access, group }),
    )
    .registerFunction(
      `${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`,
      ({ authorize, access }: CelAuthorizer, namespace: string, name: string) =>
        new CelAuthorizer(authorize, { ...access, serviceAccount: { namespace, name } }),
    )
    .registerFunction(
      `${GROUP}.resource(string): ${RESOURCE}`,
      ({ authorize, access }: GroupCheck, resource: string) =>
        new ResourceCheck(authorize, { ...access, resource }),
    )
    .registerFunction(
      `${RESOURCE}.subresource(string): ${RESOURCE}`,
      (check: ResourceCheck, subresource: string) => check.with({ subresource }),
    )
    .registerFunction(
      `${RESOURCE}.namespace(string): ${RESOURCE}`,
      (check: ResourceCheck, namespace: string) => check.with({ namespace }),
    )
    .registerFunction(`${RESOURCE}.name(string): ${RESOURCE}`, (check: ResourceCheck, name: string) =>
      check.with({ name }),
    )
    .registerFunction(`${RESOURCE}.check(string): ${DECISION}`, decide)
    .registerFunction(`${PATH}.check(string): ${DECISION}`, decide)
    .registerFunction(`${DECISION}.allowed(): bool`, ({ allowed }: Decision) => allowed)
    .registerFunction(`${DECISION}.reason(): string`, ({ reason }: Decision) => reason)
    .registerFunction(`${DECISION}.errored(): bool`, () => false)
    .registerFunction(`${DECISION}.error(): string`, () => '');
}
