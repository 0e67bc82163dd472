/** A part of a word; parts between quotes aren't split into words when they are expanded. */
export type Part =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'variable'; readonly name: string; readonly otherwise: string; readonly quoted: boolean }
  | { readonly kind: 'command'; readonly script: string; readonly quoted: boolean };

export type Word = readonly Part[];

export interface Redirection {
  /** 0 input, 1 output, 2 errors. */
  readonly from: number;
  readonly operator: '<' | '>' | '>>' | '>&';
  readonly target: Word;
}

export type Command =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly (readonly [name: string, value: Word])[];
      readonly words: readonly Word[];
      readonly redirections: readonly Redirection[];
    }
  | { readonly kind: 'group'; readonly list: List; readonly subshell: boolean }
  | { readonly kind: 'if'; readonly branches: readonly (readonly [List, List])[]; readonly otherwise: List }
  | { readonly kind: 'loop'; readonly condition: List; readonly until: boolean; readonly body: List }
  | { readonly kind: 'for'; readonly name: string; readonly words: readonly Word[]; readonly body: List };

export interface Pipeline {
  readonly negated: boolean;
  readonly commands: readonly Command[];
  /** What has to have happened before for this one to run. */
  readonly after: ';' | '&&' | '||';
}

export type List = readonly Pipeline[];

export type Token =
  | { readonly operator: string }
  | { readonly word: Word; readonly plain: string | undefined }
  | { readonly redirection: Omit<Redirection, 'target'> };

/** A script that isn't one; `incomplete` if more of it could make it one. */
export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError';
  constructor(
    message: string,
    readonly incomplete = false,
  ) {
    super(message);
  }
}
