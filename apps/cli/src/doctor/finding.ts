/** What one check has found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do about it; absent when all is well. */
  readonly todo?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message });
export const warn = (check: string, message: string, todo: string): Finding => ({
  check,
  status: 'warn',
  message,
  todo,
});
export const fail = (check: string, message: string, todo: string): Finding => ({
  check,
  status: 'fail',
  message,
  todo,
});
