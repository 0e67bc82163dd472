import { ApiError, type FieldCause } from '../errors.js';
import type { DeleteOptions } from '../registry/api.js';
import { decodeObject, jsonTypeName, readerOf } from './body.js';
import type { Exchange } from './exchange.js';
import { integerOf, isTrue } from './resource-request.js';
import { addWarnings } from './warnings.js';
import { dryRunCauses, invalidOptions, unsupportedValue } from './write-options.js';

const POLICIES = ['Foreground', 'Background', 'Orphan', 'nil'];

/** `metav1.DeleteOptions` as sent. */
interface SentOptions {
  propagationPolicy?: string | null;
  gracePeriodSeconds?: number | null;
  orphanDependents?: boolean | null;
  preconditions?: { uid?: string; resourceVersion?: string } | null;
  dryRun?: string[] | null;
}

/** What a deletion is asked to do. */
export interface AskedDeletion {
  readonly options: DeleteOptions;
  /** By the old `orphanDependents: false`: what isn't gone at once is answered 202. */
  readonly cascading: boolean;
}

/** DeleteOptions come in the body, or, if there is none, in the query. Throws Invalid, BadRequest. */
export function askedDeletion(exchange: Exchange, body: Buffer): AskedDeletion {
  const asked = checkedDeletion(body.length === 0 ? inQuery(exchange.query) : inBody(exchange, body));
  const { attributes } = exchange;
  const requester: DeleteOptions = {
    warn: (text) => addWarnings(exchange, [text]),
    ...(attributes === undefined ? {} : { request: attributes }),
  };
  return { ...asked, options: { ...asked.options, ...requester } };
}

/** The options that an Eviction holds. Throws Invalid. */
export const evictionOptions = (sent: unknown, exchange: Exchange): DeleteOptions =>
  checkedDeletion(sent ?? inQuery(exchange.query)).options;

function inQuery(query: URLSearchParams): SentOptions {
  return {
    propagationPolicy: query.get('propagationPolicy'),
    gracePeriodSeconds: integerOf(query, 'gracePeriodSeconds') ?? null,
    orphanDependents: query.has('orphanDependents') ? isTrue(query.get('orphanDependents')) : null,
    dryRun: query.getAll('dryRun'),
  };
}

/** What can't be read is no fault of the client in upstream's eyes: a bare 500. */
const unreadable = (why: string): ApiError => new ApiError(500, '', why);

function inBody(exchange: Exchange, body: Buffer): SentOptions {
  const type = exchange.request.headers['content-type'];
  const expected = { apiVersion: 'v1', kind: 'DeleteOptions' };
  try {
    const { kind, apiVersion } = (readerOf(type, expected)(body) ?? {}) as {
      kind?: string;
      apiVersion?: string;
    };
    if (kind && kind !== 'DeleteOptions')
      throw unreadable(
        `no kind "${kind}" is registered for version "${apiVersion ?? 'v1'}" in scheme "pkg/runtime/scheme.go:110"`,
      );
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable(error.message);
    throw error;
  }
  const sent = decodeObject(body, type, expected) as SentOptions;
  const wrong = (field: string, value: unknown, want: string): never => {
    throw unreadable(
      `json: cannot unmarshal ${jsonTypeName(value)} into Go struct field DeleteOptions.${field} of type ${want}`,
    );
  };
  const { gracePeriodSeconds: grace, orphanDependents: orphan, propagationPolicy: policy, dryRun } = sent;
  if (typeof (grace ?? 0) !== 'number') wrong('gracePeriodSeconds', grace, 'int64');
  if (typeof (orphan ?? true) !== 'boolean') wrong('orphanDependents', orphan, 'bool');
  if (typeof (policy ?? '') !== 'string') wrong('propagationPolicy', policy, 'v1.DeletionPropagation');
  if (!Array.isArray(dryRun ?? [])) wrong('dryRun', dryRun, '[]string');
  return sent;
}

function checkedDeletion(sent: SentOptions): AskedDeletion {
  const { orphanDependents, propagationPolicy, gracePeriodSeconds, preconditions } = sent;
  const dryRun = sent.dryRun ?? [];
  const orphan = typeof orphanDependents === 'boolean' ? orphanDependents : undefined;
  const policy = propagationPolicy ?? undefined;
  const causes = [...policyCauses(policy, orphan), ...dryRunCauses(dryRun)];
  if (causes.length > 0) throw invalidOptions('DeleteOptions', causes);
  const legacy = orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background';
  const wanted = (policy ?? legacy) as DeleteOptions['propagationPolicy'];
  return {
    cascading: orphan === false,
    options: {
      dryRun: dryRun.length > 0,
      ...(wanted === undefined ? {} : { propagationPolicy: wanted }),
      ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
      ...(preconditions === undefined || preconditions === null ? {} : { preconditions }),
    },
  };
}

function policyCauses(policy: string | undefined, orphan: boolean | undefined): FieldCause[] {
  const field = 'propagationPolicy';
  if (policy === undefined) return [];
  if (orphan !== undefined) {
    const message = `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`;
    return [{ field, reason: 'FieldValueInvalid', message }];
  }
  return POLICIES.slice(0, 3).includes(policy)
    ? []
    : [unsupportedValue(field, JSON.stringify(policy), POLICIES)];
}
