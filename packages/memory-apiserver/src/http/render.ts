import type { ResourceInfo } from '../schema/resource.js';
import type { KubeObject } from '../object.js';
import { apiVersionOf } from '../registry/context.js';
import { textInVersion } from '../registry/conversion.js';
import { toTable } from '../codec/table.js';
import type { ObjectBody } from '../store/change.js';
import { parseObject, typeHeader, withHeader } from '../store/text.js';
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
  return `"metadata":{"resourceVersion":"${revision}","creationTimestamp":null${annotations}}`;
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

  constructor(private readonly resource: ResourceInfo) {
    this.#header = typeHeader(apiVersionOf(resource), resource.kind);
    this.flavour = this.#header;
  }

  object(text: string): string {
    return withHeader(this.#header, textInVersion(this.resource, text));
  }

  event(text: string): string {
    return this.object(text);
  }

  bookmark(revision: number, initial: boolean): string {
    return `${this.#header}${bookmarkMetadata(revision, initial)}}`;
  }

  list(texts: readonly string[], meta: ListMeta): string {
    const { resource } = this;
    const header = typeHeader(apiVersionOf(resource), resource.listKind);
    // Items of built-in lists have neither kind nor apiVersion, those of custom resources have both.
    const items =
      resource.custom === undefined
        ? texts.map((text) => textInVersion(resource, text))
        : texts.map((text) => this.object(text));
    return `${header}"metadata":${listMetadata(meta)},"items":[${items.join(',')}]}`;
  }
}

/** `PartialObjectMetadata`: metadata alone. */
class MetadataRenderer implements Renderer {
  readonly flavour: string;
  readonly #apiVersion: string;

  constructor(version: string) {
    this.#apiVersion = `meta.k8s.io/${version}`;
    this.flavour = `metadata ${version}`;
  }

  object(text: string): string {
    const { metadata } = JSON.parse(text) as ObjectBody;
    return `${typeHeader(this.#apiVersion, 'PartialObjectMetadata')}"metadata":${JSON.stringify(metadata)}}`;
  }

  event(text: string): string {
    return this.object(text);
  }

  bookmark(revision: number, initial: boolean): string {
    return `${typeHeader(this.#apiVersion, 'PartialObjectMetadata')}${bookmarkMetadata(revision, initial)}}`;
  }

  list(texts: readonly string[], meta: ListMeta): string {
    const header = typeHeader(this.#apiVersion, 'PartialObjectMetadataList');
    return `${header}"metadata":${listMetadata(meta)},"items":[${texts.map((text) => this.object(text)).join(',')}]}`;
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
      ? []
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
    const table = toTable(this.resource, objects, this.now(), { includeObject: this.includeObject });
    return JSON.stringify({
      ...table,
      apiVersion: `meta.k8s.io/${this.version}`,
      metadata,
      columnDefinitions: columns ? table.columnDefinitions : [],
    });
  }
}

export function rendererFor(
  resource: ResourceInfo,
  accepted: Accepted,
  includeObject: IncludeObject,
  now: () => number,
): Renderer {
  if (accepted.form === 'metadata') return new MetadataRenderer(accepted.version);
  if (accepted.form === 'table') return new TableRenderer(resource, accepted.version, includeObject, now);
  return new ObjectRenderer(resource);
}
