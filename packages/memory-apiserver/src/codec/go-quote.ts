/** A string in quotes as Go's `%q` writes it: control characters as `\x01` and `\u0085`. */
export const goQuote = (text: string): string =>
  JSON.stringify(text)
    .replaceAll('\\u00', '\\x')
    .replaceAll('\x7f', '\\x7f')
    .replace(/[\x80-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
