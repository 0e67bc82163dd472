/**
 * For tests of code that uses tunnels: sessions joined in memory, a clock moved by hand, a peer that misbehaves on
 * purpose, and the suite every tunnel must pass.
 *
 * @packageDocumentation
 */
export { tunnelCompliance } from './compliance.js';
export { ManualClock } from './manual-clock.js';
export { createTransportPair, MemoryTransport } from './memory-transport.js';
export { createRawPair, RawPeer } from './raw-peer.js';
export { createSessionPair } from './session-pair.js';

export type { ComplianceTunnel, TestFunction } from './compliance.js';
export type { MemoryTransportOptions } from './memory-transport.js';
export type { RawPair } from './raw-peer.js';
export type { SessionPair } from './session-pair.js';
