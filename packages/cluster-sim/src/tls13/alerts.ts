import { FleetError } from '../errors.js';

/** Alert descriptions (RFC 8446 §6); those that this server sends or tells apart. */
export const Alert = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  internalError: 80,
  userCanceled: 90,
  noApplicationProtocol: 120,
} as const;

const FATAL = 2;
const WARNING = 1;

/** A TLS connection has to end: `alert` (RFC 8446 §6) says why, to the other end or, if `received`, by the other end. */
export class TlsAlertError extends FleetError {
  override readonly name = 'TlsAlertError';
  constructor(
    readonly alert: number,
    message: string,
    /** The other end sent it, so there is nothing to tell it. */
    readonly received = false,
  ) {
    super('ERR_FLEET_TLS_ALERT', message, 400);
  }
}

/** Content of an alert record. */
export function alertContent(alert: number): Buffer {
  return Buffer.from([alert === Alert.closeNotify ? WARNING : FATAL, alert]);
}

/** The description in an alert record's content. Throws {@link TlsAlertError}: an alert is never in parts (§5.1). */
export function readAlert(content: Buffer): number {
  const [, description] = content;
  if (content.length !== 2 || description === undefined) {
    throw new TlsAlertError(Alert.decodeError, 'an alert record must hold one alert of two bytes');
  }
  return description;
}

/** What an alert of the other end becomes: all but the end of its data are errors, whatever their level (§6). */
export function receivedAlert(alert: number): TlsAlertError {
  return new TlsAlertError(alert, `the other end ended TLS with alert ${alert}`, true);
}
