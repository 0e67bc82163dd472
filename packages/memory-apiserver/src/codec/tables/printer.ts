import type { KubeObject } from '../../object.js';
import { at, listAt, recordAt, textAt } from '../../schema/read.js';
import { humanDuration } from '../time.js';

/** `metav1.TableColumnDefinition`. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

export interface TableRowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

/** How `kubectl get` shows a resource. */
export interface Printer {
  readonly columns: readonly TableColumn[];
  /** As many cells as columns. `now` in milliseconds since the epoch. */
  cells(object: KubeObject, now: number): Cell[];
  conditions?(object: KubeObject): readonly TableRowCondition[];
}

/**
 * Columns from a line such as `Name/name Ready Desired:integer IP*`: an underscore stands for a space, `*` marks
 * those of `-o wide`, `/name` is a format, the type is `string` unless given.
 */
export function columns(line: string): TableColumn[] {
  return line.split(' ').map((word) => {
    const [, name = '', type = 'string', format = '', wide = ''] =
      /^([^:/*]+)(?::(\w+))?(?:\/(\w+))?(\*)?$/.exec(word) ?? [];
    return { name: name.replaceAll('_', ' '), type, format, description: '', priority: wide === '' ? 0 : 1 };
  });
}

export const none = '<none>';
export const unset = '<unset>';

/** `5m`: time since a timestamp; `<unknown>` if there is none. */
export function since(timestamp: unknown, now: number): string {
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(time) ? '<unknown>' : humanDuration(now - time);
}

export const age = (object: KubeObject, now: number): string => since(object.metadata.creationTimestamp, now);

export const orNone = (text: string): string => (text === '' ? none : text);
export const orUnset = (text: string): string => (text === '' ? unset : text);

/** Names and images of a pod template's containers. */
export function containerCells(podSpec: unknown): [names: string, images: string] {
  const containers = listAt(podSpec, 'containers');
  return [
    containers.map((container) => textAt(container, 'name')).join(','),
    containers.map((container) => textAt(container, 'image')).join(','),
  ];
}

/** `a=1,b=2`, or `<none>`. */
export function formatLabels(labels: unknown): string {
  const entries = Object.entries(recordAt(labels)).sort(([a], [b]) => (a < b ? -1 : 1));
  return orNone(entries.map(([key, value]) => `${key}=${String(value)}`).join(','));
}

/** A LabelSelector as text: `app=web,tier in (a,b),!old`; empty for one that is absent or selects all. */
export function selectorText(selector: unknown): string {
  const requirements: [key: string, text: string][] = Object.entries(recordAt(selector, 'matchLabels')).map(
    ([key, value]) => [key, `${key}=${String(value)}`],
  );
  for (const expression of listAt(selector, 'matchExpressions')) {
    const key = textAt(expression, 'key');
    const values = listAt(expression, 'values').map(String).sort().join(',');
    const texts: Record<string, string> = {
      In: `${key} in (${values})`,
      NotIn: `${key} notin (${values})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    };
    requirements.push([key, texts[textAt(expression, 'operator')] ?? key]);
  }
  return requirements
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
}

export const formatSelector = (selector: unknown): string => orNone(selectorText(selector));

/** At most three items, then how many more there are. */
export function firstThree(items: readonly string[], empty: string): string {
  if (items.length === 0) return empty;
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

/** The condition of a type in `status.conditions`. */
export const conditionOf = (object: unknown, type: string): unknown =>
  listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type);

export const conditionIsTrue = (object: unknown, type: string): boolean =>
  textAt(conditionOf(object, type), 'status') === 'True';

export const isTerminating = (object: KubeObject): boolean =>
  at(object.metadata, 'deletionTimestamp') !== undefined;

/** A printer for `Name, Age` and cells between them that need no clock. */
export const named = (line: string, cells: (object: KubeObject) => Cell[]): Printer => ({
  columns: columns(`Name/name ${line === '' ? '' : `${line} `}Age`),
  cells: (object, now) => [object.metadata.name, ...cells(object), age(object, now)],
});
