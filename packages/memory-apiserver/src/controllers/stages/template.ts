import { StageSyntaxError } from './errors.js';
import { standardFunctions, isTruthy, toText, type TemplateFunction } from './template-functions.js';
import { parseTemplate, type Expression, type Pipeline, type TemplateNode } from './template-parser.js';

/** Functions by name that belong to one rendering: the clock, a pod's address, … */
export type TemplateFunctions = Readonly<Record<string, TemplateFunction>>;

/** A template that has been read: gives its text for some data. Throws TemplateFailure. */
export type Template = (data: unknown, functions: TemplateFunctions) => string;

/** What a template does makes no sense for the data that it met, such as a field of a number. */
export class TemplateFailure extends Error {
  override readonly name = 'TemplateFailure';
  readonly code = 'ERR_STAGE_TEMPLATE';
}

/**
 * Compiles a template of Go's text/template, as far as Stages use it: see `parseTemplate` and `template-functions`.
 *
 * @param names functions that {@link TemplateFunctions} will have
 * @throws StageSyntaxError
 */
export function compileTemplate(text: string, names: ReadonlySet<string>): Template {
  const isFunction = (name: string): boolean =>
    Object.hasOwn(standardFunctions, name) || names.has(name) || name === 'and' || name === 'or';
  const nodes = parseTemplate(text.trim(), isFunction);
  checkVariables(nodes, new Set(['$']));
  return (data, functions) => {
    const run = new Run(functions, new Map([['$', { value: data }]]));
    run.all(nodes, data);
    return run.output;
  };
}

/** Refuses variables that nothing has made. */
function checkVariables(nodes: readonly TemplateNode[], around: ReadonlySet<string>): void {
  const known = new Set(around);
  const checkExpression = (expression: Expression): void => {
    if (expression.type === 'variable' && !known.has(expression.name))
      throw new StageSyntaxError(`the variable ${expression.name} is not defined`);
    if (expression.type === 'field') checkExpression(expression.of);
    if (expression.type === 'call') expression.args.forEach(checkExpression);
  };
  for (const node of nodes) {
    if (!('pipeline' in node)) continue;
    const { value, variables, declares } = node.pipeline;
    checkExpression(value);
    if (node.type === 'action') {
      for (const name of variables) {
        if (declares) known.add(name);
        else if (!known.has(name)) throw new StageSyntaxError(`the variable ${name} is not defined`);
      }
      continue;
    }
    checkVariables(node.body, new Set([...known, ...variables]));
    checkVariables(node.otherwise, known);
  }
}

type Variables = Map<string, { value: unknown }>;

/** How a list of nodes ended. */
type Flow = 'break' | 'continue' | undefined;

class Run {
  output = '';

  constructor(
    private readonly functions: TemplateFunctions,
    private variables: Variables,
  ) {}

  all(nodes: readonly TemplateNode[], dot: unknown): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== undefined) return flow;
    }
    return undefined;
  }

  #node(node: TemplateNode, dot: unknown): Flow {
    switch (node.type) {
      case 'text':
        this.output += node.text;
        return undefined;
      case 'break':
      case 'continue':
        return node.type;
      case 'action': {
        const value = this.#assign(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.output += toText(value);
        return undefined;
      }
      default:
        return this.#scoped(() => this.#control(node, dot));
    }
  }

  #control(node: Extract<TemplateNode, { body: unknown }>, dot: unknown): Flow {
    if (node.type === 'range') return this.#range(node, dot);
    const value = this.#assign(node.pipeline, dot);
    if (!isTruthy(value)) return this.all(node.otherwise, dot);
    return this.all(node.body, node.type === 'with' ? value : dot);
  }

  #range(node: Extract<TemplateNode, { body: unknown }>, dot: unknown): Flow {
    const { value, variables } = node.pipeline;
    const items = entriesOf(this.#value(value, dot));
    if (items.length === 0) return this.all(node.otherwise, dot);
    const [first, second] = variables;
    for (const [key, item] of items) {
      const flow = this.#scoped(() => {
        if (first !== undefined) this.variables.set(first, { value: second === undefined ? item : key });
        if (second !== undefined) this.variables.set(second, { value: item });
        return this.all(node.body, item);
      });
      if (flow === 'break') break;
    }
    return undefined;
  }

  /** What is declared within is forgotten after it; what is only set stays set. */
  #scoped(run: () => Flow): Flow {
    const around = this.variables;
    this.variables = new Map(around);
    const flow = run();
    this.variables = around;
    return flow;
  }

  #assign({ value: expression, variables, declares }: Pipeline, dot: unknown): unknown {
    const value = this.#value(expression, dot);
    for (const name of variables) {
      const variable = this.variables.get(name);
      if (declares || variable === undefined) this.variables.set(name, { value });
      else variable.value = value;
    }
    return value;
  }

  #value(expression: Expression, dot: unknown): unknown {
    switch (expression.type) {
      case 'value':
        return expression.value;
      case 'dot':
        return dot;
      case 'variable':
        return this.variables.get(expression.name)?.value;
      case 'field':
        return fieldOf(this.#value(expression.of, dot), expression.name);
      case 'call':
        return this.#call(expression.name, expression.args, dot);
    }
  }

  #call(name: string, args: readonly Expression[], dot: unknown): unknown {
    if (name === 'and' || name === 'or') {
      let value: unknown;
      for (const arg of args) {
        value = this.#value(arg, dot);
        if (isTruthy(value) === (name === 'or')) break;
      }
      return value;
    }
    const apply = this.functions[name] ?? standardFunctions[name];
    if (apply === undefined) throw new TemplateFailure(`there is no function ${name} here`);
    return apply(...args.map((arg) => this.#value(arg, dot)));
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new TemplateFailure(`can't take the field ${name} of ${JSON.stringify(value)}`);
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** What `range` goes over: a list, an object in the order of its keys, or the numbers below a number. */
function entriesOf(value: unknown): (readonly [unknown, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item: unknown, i) => [i, item] as const);
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  if (typeof value === 'number') return Array.from({ length: value }, (_, i) => [i, i] as const);
  throw new TemplateFailure(`can't range over ${JSON.stringify(value)}`);
}
