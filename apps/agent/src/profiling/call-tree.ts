import { fileURLToPath } from 'node:url';
import type { Runtime } from 'node:inspector';
import type { Frame } from './profile-builder.js';

/** The fields of V8's call frames that a profile keeps; lines count from 0 there. */
export type CallFrame = Pick<Runtime.StackTrace['callFrames'][number], 'functionName' | 'url' | 'lineNumber'>;

/** Translates V8's call frame; built-in functions have line 0. */
export function toFrame(callFrame: CallFrame): Frame {
  return {
    functionName: callFrame.functionName || '(anonymous)',
    file: readablePath(callFrame.url),
    line: Math.max(0, callFrame.lineNumber + 1),
  };
}

function readablePath(url: string): string {
  if (!url.startsWith('file://')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
