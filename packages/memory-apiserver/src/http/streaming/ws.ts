import { createRequire } from 'node:module';
import type * as Ws from 'ws';

let loaded: typeof Ws | undefined;

/** The package `ws`, loaded when a client first asks for a WebSocket, which most never do. */
export const ws = (): typeof Ws => (loaded ??= createRequire(import.meta.url)('ws') as typeof Ws);
