import type { ResourceInfo } from '../schema/resource.js';
import type { KubeObject } from '../object.js';
import { apiVersionOf } from '../registry/context.js';
import { compactInVersion, textInVersion } from '../registry/conversion.js';
import { toTable } from '../codec/table.js';
import type { ObjectBody } from '../store/change.js';
import { answerText, parseObject, typeHeader, withHeader } from '../store/text.js';
import { completeZeroValues } from '../schema/normalize.js';
import { ApiError } from '../errors.js';
import type { Accepted } from './media-type.js';

/** What is said of a list beside its items. */
export interface ListMeta {
  revision: number;
  continueToken?: string;
  remaining?: number;
}

/** Turns stored texts of a resource into JSON of the form that a client asked for. */
export interface Renderer {
  /** Names what {@link event} makes of a text, if that depends on nothing else. */
  readonly flavour: string | undefined;
  object(text: string): string;
  list(texts: readonly string[], meta: ListMeta): string;
  /** The object of a watch event. */
  event(text: string): string;
  /** The object of a BOOKMARK; `initial` marks the end of the initial events. */
  bookmark(revision: number, initial: boolean): string;
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

function bookmarkMetadata(revision: number, initial: boolean): string {
  const annotations = initial ? `,"annotations":{"${INITIAL_EVENTS_END}":"true"}` : '';
  return `"metadata":{"resourceVersion":"${revision}"${annotations}}`;
}

/** What an object without any values shows beside its metadata, as JSON to put behind these: `,"spec":{},"status":{}`. */
const zeroValues = new WeakMap<ResourceInfo, string>();

function zeroValuesOf(resource: ResourceInfo): string {
  let text = zeroValues.get(resource);
  if (text === undefined) {
    const object: KubeObject = {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name: '' },
    };
    if (resource.custom === undefined) completeZeroValues(object);
    const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = object;
    const inner = JSON.stringify(rest).slice(1, -1);
    zeroValues.set(resource, (text = inner === '' ? '' : `,${inner}`));
  }
  return text;
}

function listMetadata({ revision, continueToken, remaining }: ListMeta): string {
  return JSON.stringify({
    resourceVersion: String(revision),
    ...(continueToken === undefined ? {} : { continue: continueToken }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  });
}

/** Whole objects: texts are put together, not parsed. */
class ObjectRenderer implements Renderer {
  readonly flavour: string;
  readonly #header: string;

  /** @param inVersion gives the stored text of an object in the version of the resource */
  constructor(
    private readonly resource: ResourceInfo,
    private readonly inVersion: (resource: ResourceInfo, text: string) => string,
  ) {
    this.#header = typeHeader(apiVersionOf(resource), resource.kind);
    this.flavour = this.#header;
  }

  object(text: string): string {
    return withHeader(this.#header, this.inVersion(this.resource, text));
  }

  event(text: string): string {
    return this.object(text);
  }

  bookmark(revision: number, initial: boolean): string {
    return `${this.#header}${bookmarkMetadata(revision, initial)}${zeroValuesOf(this.resource)}}`;
  }

  list(texts: readonly string[], meta: ListMeta): string {
    const { resource } = this;
    const header = typeHeader(apiVersionOf(resource), resource.listKind);
    // Items of built-in lists have neither kind nor apiVersion, those of custom resources have both.
    const items =
      resource.custom === undefined
        ? texts.map((text) => this.inVersion(resource, text))
        : texts.map((text) => this.object(text));
    // Lists of custom resources, which have no Go type, say that there is nothing to continue with.
    const metadata = listMetadata(
      resource.custom === undefined ? meta : { ...meta, continueToken: meta.continueToken ?? '' },
    );
    return `${header}"metadata":${metadata},"items":[${items.join(',')}]}`;
  }
}

/** `PartialObjectMetadata`: metadata alone. */
class MetadataRenderer implements Renderer {
  readonly flavour: string;
  readonly #apiVersion: string;
  /** Lists and single objects are asked for by names of their own. */
  readonly #ofList: boolean;

  constructor(
    private readonly resource: ResourceInfo,
    { version, form }: Accepted,
  ) {
    this.#apiVersion = `meta.k8s.io/${version}`;
    this.flavour = `metadata ${version}`;
    this.#ofList = form === 'metadata-list';
  }

  object(text: string): string {
    if (this.#ofList) throw this.#mismatch('PartialObjectMetadataList', 'not a list', this.resource.kind);
    return this.event(text);
  }

  event(text: string): string {
    const { metadata } = JSON.parse(answerText(text)) as ObjectBody;
    return `${typeHeader(this.#apiVersion, 'PartialObjectMetadata')}"metadata":${JSON.stringify(metadata)}}`;
  }

  bookmark(revision: number, initial: boolean): string {
    return `${typeHeader(this.#apiVersion, 'PartialObjectMetadata')}${bookmarkMetadata(revision, initial)}}`;
  }

  list(texts: readonly string[], meta: ListMeta): string {
    if (!this.#ofList) throw this.#mismatch('PartialObjectMetadata', 'a list', this.resource.listKind);
    const header = typeHeader(this.#apiVersion, 'PartialObjectMetadataList');
    return `${header}"metadata":${listMetadata(meta)},"items":[${texts.map((text) => this.event(text)).join(',')}]}`;
  }

  /** Names the kind as Go does: its internal type, in the package of its group. */
  #mismatch(asked: string, is: string, kind: string): ApiError {
    const { group, custom } = this.resource;
    if (custom !== undefined && is === 'not a list') return new ApiError(500, '', 'content is not a list');
    const type =
      custom === undefined
        ? `*${group === '' ? 'core' : (group.split('.', 1)[0] ?? '')}.${kind}`
        : '*unstructured.UnstructuredList';
    return new ApiError(
      406,
      'NotAcceptable',
      `you requested ${asked}, but the requested object is ${is} (${type})`,
    );
  }
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** `Table`: what kubectl prints. */
class TableRenderer implements Renderer {
  readonly flavour = undefined;
  /** Only the first event of a watch says the columns. */
  #columnsSent = false;

  constructor(
    private readonly resource: ResourceInfo,
    private readonly version: string,
    private readonly includeObject: IncludeObject,
    private readonly now: () => number,
  ) {}

  object(text: string): string {
    const object = this.#parse(text);
    return this.#table([object], { resourceVersion: object.metadata.resourceVersion ?? '' }, true);
  }

  event(text: string): string {
    const columns = !this.#columnsSent;
    this.#columnsSent = true;
    const object = this.#parse(text);
    return this.#table([object], { resourceVersion: object.metadata.resourceVersion ?? '' }, columns);
  }

  bookmark(revision: number, initial: boolean): string {
    const object = `${typeHeader('meta.k8s.io/v1', 'PartialObjectMetadata')}${bookmarkMetadata(revision, initial)}}`;
    const columns = this.#columnsSent
      ? null
      : toTable(this.resource, [], this.now(), { includeObject: 'None' }).columnDefinitions;
    this.#columnsSent = true;
    return `${typeHeader(`meta.k8s.io/${this.version}`, 'Table')}"metadata":{"resourceVersion":"${revision}"},"columnDefinitions":${JSON.stringify(columns)},"rows":[{"cells":[],"object":${object}}]}`;
  }

  list(texts: readonly string[], meta: ListMeta): string {
    const metadata = JSON.parse(listMetadata(meta)) as Record<string, unknown>;
    return this.#table(
      texts.map((text) => this.#parse(text)),
      metadata,
      true,
    );
  }

  #parse(text: string): KubeObject {
    return parseObject(apiVersionOf(this.resource), this.resource.kind, textInVersion(this.resource, text));
  }

  #table(objects: KubeObject[], metadata: Record<string, unknown>, columns: boolean): string {
    const table = toTable(this.resource, objects, this.now(), {
      includeObject: this.includeObject,
      version: this.version,
    });
    return JSON.stringify({
      ...table,
      metadata,
      columnDefinitions: columns ? table.columnDefinitions : null,
    });
  }
}

/** Unlike those of Tables they keep nothing of a request, so that one per resource serves all. */
const objectRenderers = new WeakMap<ResourceInfo, ObjectRenderer>();
/** The same for protobuf, which is made of managedFields as they are stored. */
const compactRenderers = new WeakMap<ResourceInfo, ObjectRenderer>();

export function rendererFor(
  resource: ResourceInfo,
  accepted: Accepted,
  includeObject: IncludeObject,
  now: () => number,
): Renderer {
  if (accepted.form === 'metadata' || accepted.form === 'metadata-list')
    return new MetadataRenderer(resource, accepted);
  if (accepted.form === 'table') return new TableRenderer(resource, accepted.version, includeObject, now);
  const isCompact = accepted.encoding === 'protobuf';
  const renderers = isCompact ? compactRenderers : objectRenderers;
  let renderer = renderers.get(resource);
  if (renderer === undefined) {
    renderer = new ObjectRenderer(resource, isCompact ? compactInVersion : textInVersion);
    renderers.set(resource, renderer);
  }
  return renderer;
}
