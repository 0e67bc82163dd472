import {
  chownSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/compiled-code.js';

const said = (): unknown => (globalThis as { said?: unknown }).said;

let folder: string;
let program: string;
let kept: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-code-'));
  program = join(folder, 'program.cjs');
  kept = join(folder, 'kept');
  write('one');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (word: string): void =>
  writeFileSync(program, `const say = () => '${word}'; globalThis.said = [say()];`);
const keptFile = (): string => join(kept, readdirSync(kept)[0] ?? '');

describe('a program run from kept code', () => {
  it('runs as a CommonJS module', async () => {
    writeFileSync(
      program,
      `const { sep } = require('node:path');
       globalThis.said = import('node:path').then((path) => [sep === path.sep, __filename, __dirname]);`,
    );
    runProgram(program, kept);
    expect(await said()).toEqual([true, program, folder]);
  });

  it('is compiled at its first start, and taken from what was kept at the next', () => {
    const first = runProgram(program, kept);
    expect(first.wasCompiled).toBe(false);
    first.keep();
    expect(runProgram(program, kept).wasCompiled).toBe(true);
    expect(said()).toContain('one');
  });

  it('is compiled anew when it has changed, though its size and its time are the same', () => {
    utimesSync(program, 1, 1);
    runProgram(program, kept).keep();
    write('two');
    utimesSync(program, 1, 1);
    const changed = runProgram(program, kept);
    expect(changed.wasCompiled).toBe(false);
    expect(said()).toContain('two');
    changed.keep();
    expect(runProgram(program, kept).wasCompiled).toBe(true);
    expect(readdirSync(kept)).toHaveLength(1);
  });

  it.each([
    { damage: 'was cut', by: () => truncateSync(keptFile(), 200) },
    { damage: 'is empty', by: () => truncateSync(keptFile(), 0) },
    {
      damage: 'has another byte',
      by: () => {
        const bytes = readFileSync(keptFile());
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 50) ^ 1, bytes.length - 50);
        writeFileSync(keptFile(), bytes);
      },
    },
  ])('is compiled anew when what was kept $damage', ({ by }) => {
    runProgram(program, kept).keep();
    by();
    expect(runProgram(program, kept).wasCompiled).toBe(false);
    expect(said()).toContain('one');
  });

  it('keeps code where only its user can change it', () => {
    runProgram(program, kept).keep();
    expect(statSync(kept).mode & 0o777).toBe(0o700);
    expect(statSync(keptFile()).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.getuid?.() !== 0)('trusts no code that another user has kept', () => {
    runProgram(program, kept).keep();
    chownSync(keptFile(), 12_345, 12_345);
    expect(runProgram(program, kept).wasCompiled).toBe(false);
  });

  it('runs where nothing can be kept', () => {
    const nowhere = join(program, 'a-folder-in-a-file');
    const { wasCompiled, keep } = runProgram(program, nowhere);
    keep();
    expect(wasCompiled).toBe(false);
    expect(said()).toContain('one');
  });
});
