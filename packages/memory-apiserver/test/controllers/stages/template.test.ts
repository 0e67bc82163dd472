import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StageSyntaxError } from '../../../src/controllers/stages/errors.js';
import { compileTemplate, TemplateFailure } from '../../../src/controllers/stages/template.js';

const data = {
  name: 'web',
  count: 3,
  on: true,
  none: null,
  labels: { b: '2', a: '1', 'x.y/z': 'odd' },
  items: [{ n: 'one' }, { n: 'two' }],
  empty: [],
};

const render = (text: string, given: unknown = data): string =>
  compileTemplate(text, new Set(['Now']))(given, { Now: () => 'T' });

describe('a template', () => {
  it.each([
    ['{{ .name }}-{{.count}}', 'web-3'],
    ['{{ .missing }}', '<no value>'],
    ['{{ .missing.deeper }}', '<no value>'],
    ['{{ .labels }}', 'map[a:1 b:2 x.y/z:odd]'],
    ['{{ .items }}', '[map[n:one] map[n:two]]'],
    ['a {{- .name -}} b', 'awebb'],
    ['a {{- /* nothing */ -}} b{{/* }} */}}c', 'abc'],
    ['{{ "a\\n\\"}}" }}{{ `raw }}` }}', 'a\n"}}raw }}'],
    ['{{ Now | Quote }} {{ 1 | Quote }}', '"T" "1"'],
    ['{{ if .on }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ if .empty }}a{{ else if eq .count 3 }}b{{ else }}c{{ end }}', 'b'],
    ['{{ if and .on (not .empty) (gt .count 2) }}x{{ end }}', 'x'],
    ['{{ range .items }}{{ .n }};{{ end }}', 'one;two;'],
    ['{{ range $i, $item := .items }}{{ $i }}{{ $item.n }}{{ end }}', '0one1two'],
    ['{{ range $key, $value := .labels }}{{ $key }}={{ $value }} {{ end }}.', 'a=1 b=2 x.y/z=odd .'],
    ['{{ range .empty }}x{{ else }}none{{ end }}', 'none'],
    ['{{ range .items }}{{ if eq .n "two" }}{{ break }}{{ end }}{{ .n }}{{ end }}', 'one'],
    ['{{ range .items }}{{ if eq .n "one" }}{{ continue }}{{ end }}{{ .n }}{{ end }}', 'two'],
    ['{{ with .name }}{{ . }}{{ end }}{{ with .none }}x{{ else }}{{ .name }}{{ end }}', 'webweb'],
    ['{{ $found := false }}{{ range .items }}{{ $found = true }}{{ end }}{{ $found }}', 'true'],
    ['{{ $x := 1 }}{{ if .on }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}', '21'],
    ['{{ $root := . }}{{ range .items }}{{ $root.name }}{{ $.count }}{{ end }}', 'web3web3'],
    ['{{ index .labels "x.y/z" }} {{ (index .items 1).n }} {{ index .items 7 }}', 'odd two <no value>'],
    ['{{ or .missing "d" }}{{ or (index .labels "q") .name }}', 'dweb'],
    ['{{ .missing | default "d" }} {{ coalesce .none "" .name }}', 'd web'],
    ['{{ printf "%s-%05d|%-4s|%q|%.1f" .name .count "a" "b" 1.25 }}', 'web-00003|a   |"b"|1.3'],
    ['{{ len .items }}{{ len .labels }}{{ len .name }}', '233'],
    ['{{ .name | upper | trimPrefix "W" }}', 'EB'],
    ['{{ add 1 2 3 }} {{ mul 2 .count }} {{ sub 5 "2" }} {{ div 7 2 }} {{ mod 7 4 }}', '6 6 3 3 3'],
    ['{{ list "a" "b" | join "," }} {{ ternary "y" "n" .on }}', 'a,b y'],
    ['{{ (dict "k" "v").k }} {{ hasKey .labels "a" }}', 'v true'],
    ['a:{{ YAML .items 1 }}', 'a:\n  - n: one\n  - n: two\n  '.trimEnd()],
    ['{{ eq .name "x" "web" }} {{ ne 1 2 }} {{ le "a" "b" }}', 'true true true'],
  ])('%s', (text, expected) => {
    expect(render(text).trimEnd()).toBe(expected);
  });

  it.each([
    ['{{ frobnicate }}', 'the template function frobnicate is not supported'],
    ['{{ .a | lookup "x" }}', 'the template function lookup is not supported'],
    ['{{ define "x" }}{{ end }}', '{{ define }} is not supported'],
    ['{{ if .a }}', '{{ if }} without {{ end }}'],
    ['{{ if .a }}{{ else }}', '{{ else }} without {{ end }}'],
    ['{{ end }}', '{{ end }} without a beginning'],
    ['{{ break }}', '{{ break }} outside of range'],
    ['{{ $x }}', 'the variable $x is not defined'],
    ['{{ if .a }}{{ $x := 1 }}{{ end }}{{ $x }}', 'the variable $x is not defined'],
    ['x\n{{ .a', 'unexpected end in an action in line 2 of the template'],
    ['{{ .a ; }}', 'unexpected "; }}" in an action in line 1 of the template'],
    ['{{ .a .b }}', 'unexpected "b" in {{ a b }}'],
  ])('is refused: %s', (text, message) => {
    expect(() => compileTemplate(text, new Set())).toThrow(new StageSyntaxError(message));
  });

  it('fails where the data have no fields', () => {
    expect(() => render('{{ .name.first }}')).toThrow(TemplateFailure);
    expect(() => render('{{ range .on }}{{ end }}')).toThrow(TemplateFailure);
  });

  it('leaves text without actions as it is, but for the space around it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('{{'));
        expect(render(text)).toBe(text.trim());
      }),
    );
  });

  it('is either compiled or refused, whatever the text', () => {
    const words = [
      '{{',
      '}}',
      '{{-',
      ' ',
      'if',
      'range',
      'end',
      'else',
      '.a',
      '$',
      '$x',
      ':=',
      '=',
      '|',
      'eq',
      '1',
      '"s"',
      '(',
      ')',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words)), (parts) => {
        try {
          compileTemplate(parts.join(''), new Set());
        } catch (error) {
          expect(error).toBeInstanceOf(StageSyntaxError);
        }
      }),
    );
  });
});
