import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../../../src/controllers/kinds.js';
import { containerProgram } from '../../../src/controllers/program/container-program.js';
import type { ProgramEnd } from '../../../src/controllers/program/script.js';

function endOf(
  container: Partial<Container>,
  annotations: Record<string, string> = {},
): ProgramEnd | undefined {
  const whole: Container = { name: 'main', image: 'busybox', ...container };
  const pod = { metadata: { name: 'p', annotations }, spec: { containers: [whole] } } as unknown as Pod;
  return containerProgram(pod, whole);
}

const script = (text: string, env: Container['env'] = []): ProgramEnd | undefined =>
  endOf({ command: ['sh', '-c'], args: [text], env });

const ends = (exitCode: number, seconds = 0): ProgramEnd => ({ exitCode, seconds });

describe('containerProgram', () => {
  it('ends as commands without a shell say', () => {
    expect(endOf({ command: ['sleep', '300'] })).toEqual(ends(0, 300));
    expect(endOf({ command: ['/bin/sleep', '1.5m'] })).toEqual(ends(0, 90));
    expect(endOf({ command: ['false'] })).toEqual(ends(1));
  });

  it('takes arguments for the command of images that have none of their own', () => {
    expect(endOf({ image: 'busybox:1.36', args: ['sleep', '5'] })).toEqual(ends(0, 5));
    expect(endOf({ image: 'docker.io/library/alpine', args: ['echo', 'a'] })).toEqual(ends(0));
    expect(endOf({ image: 'nginx', args: ['echo', 'a'] })).toBeUndefined();
    expect(endOf({ image: 'busybox' })).toBeUndefined();
  });

  it('never ends where nothing would end it', () => {
    expect(endOf({ image: 'registry.k8s.io/pause:3.10' })).toEqual(ends(0, Infinity));
    expect(script('while true; do sleep 5; done')).toEqual(ends(0, Infinity));
    expect(endOf({ command: ['sleep', 'infinity'] })).toEqual(ends(0, Infinity));
  });

  it.each([
    ['exit 3', ends(3)],
    ['sleep 2; exit 1', ends(1, 2)],
    ['echo hello && sleep 1s', ends(0, 1)],
    ['false || exit 7', ends(7)],
    ['true && false', ends(1)],
    ['exit $(( (2 + 3) * 4 % 6 ))', ends(2)],
    ['A=5\nif [ "$A" -gt 4 ]; then exit 9; fi', ends(9)],
    ['if [[ -z "" ]]\nthen\n  exit 4 # why not\nelse\n  exit 5\nfi', ends(4)],
    ['if false; then exit 1; elif true; then exit 2; else exit 3; fi', ends(2)],
    ['i=0; while [ $i -lt 3 ]; do sleep 2; i=$((i + 1)); done', ends(0, 6)],
    ['exit 256', ends(0)],
  ])('runs %j', (text, end) => {
    expect(script(text)).toEqual(end);
  });

  it.each([
    'curl https://example.com',
    'echo a | grep b',
    'exit $(cat /file)',
    'exit $RANDOM',
    'if [ -r /file ]; then exit 1; fi',
    'if true; then exit 1',
    'cat > /file',
    'exit $(( 1 / 0 ))',
    'exit one',
  ])('knows nothing of %j', (text) => {
    expect(script(text)).toBeUndefined();
  });

  it("knows nothing of images' own programs", () => {
    expect(endOf({ image: 'nginx' })).toBeUndefined();
  });

  it('decides by variables, those of the downward API included', () => {
    const text = 'if [ $(expr ${JOB_COMPLETION_INDEX} % 2) -ne 0 ]; then\n exit 1\nelse\n exit 0\nfi';
    const annotation = 'batch.kubernetes.io/job-completion-index';
    const fieldPath = `metadata.annotations['${annotation}']`;
    const env = [{ name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath } } }];
    const container = { command: ['sh', '-c'], args: [text], env };
    expect(endOf(container, { [annotation]: '3' })).toEqual(ends(1));
    expect(endOf(container, { [annotation]: '4' })).toEqual(ends(0));
  });

  it('ends or gives up, whatever the script', () => {
    const words = [
      'if',
      'then',
      'fi',
      'while',
      'do',
      'done',
      ';',
      '\n',
      '&&',
      '"',
      "'",
      '$(',
      '))',
      'exit',
      '1',
      '[',
      ']',
    ];
    const scripts = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words)).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(scripts, (text) => {
        const end = script(text);
        expect(end === undefined || (end.exitCode >= 0 && end.seconds >= 0)).toBe(true);
      }),
    );
  });
});
