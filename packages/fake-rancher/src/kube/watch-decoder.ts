import { ClusterFaultError } from '../errors.js';
import type { KubeObject } from './object.js';

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject;
}

const types = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/** Splits a JSON watch stream, one event a line, into events. */
export class WatchDecoder {
  #rest = '';

  /** Takes text in any chunking. Throws {@link ClusterFaultError} for a line that is no event. */
  push(text: string): WatchEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line.trim() !== '').map(parseEvent);
  }
}

function parseEvent(line: string): WatchEvent {
  let event: Partial<WatchEvent> | null;
  try {
    event = JSON.parse(line) as Partial<WatchEvent> | null;
  } catch (error) {
    throw new ClusterFaultError(`watch stream holds a line that is no JSON: ${line.slice(0, 80)}`, {
      cause: error,
    });
  }
  if (
    typeof event?.type !== 'string' ||
    !types.has(event.type) ||
    typeof event.object !== 'object' ||
    event.object === null
  )
    throw new ClusterFaultError(`watch stream holds something that is no event: ${line.slice(0, 80)}`);
  return { type: event.type, object: { ...event.object, metadata: event.object.metadata ?? {} } };
}
