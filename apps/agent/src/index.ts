/**
 * The daemon: a fleet behind REST, events and metrics.
 * @packageDocumentation
 */
export { createAgent } from './app.js';
export type { AgentOptions } from './app.js';
export type { AgentApp, FleetApi } from './context.js';
export { AgentError, ListenError } from './errors.js';
export { createLogger } from './log.js';
export { runAgent } from './run.js';
export type { RunOptions } from './run.js';
export { startAgent } from './server.js';
export type { RunningAgent, StartOptions } from './server.js';
export { exitCodeOf, sentenceOf } from './user-errors.js';
export { version } from './version.js';
