const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const whole = /^[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/u;
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu;

/** Milliseconds of a Go duration such as `1h2m3.5s`; undefined if it is none (time.ParseDuration). */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!whole.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit = ''] of text.matchAll(part)) ms += Number(amount) * (units[unit] ?? 0);
  return text.startsWith('-') ? -ms : ms;
}

/** A Go integer literal's value: decimal, `0x`, `0o`, `0b`; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  return /^[-+]?(?:\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/u.test(text) ? Number(text) : undefined;
}
