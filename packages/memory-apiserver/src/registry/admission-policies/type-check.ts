import type { Environment } from '@marcbachmann/cel-js';
import { BuiltinDeclarations } from '../../schema/cel/builtin-declarations.js';
import { Declarations } from '../../schema/cel/declarations.js';
import { celEnvironment } from '../../schema/cel/environment.js';
import { compileCel } from '../../schema/cel/program.js';
import type { ResourceCatalog, ResourceInfo } from '../../schema/resource.js';
import { structuralSchema } from '../../schema/structural/structural-schema.js';
import { splitApiVersion, typeOf } from '../../schema/types.js';
import { policyEnvironment, VARIABLES } from './compiled.js';
import type { PolicySpec } from './policy.js';

/** `status.typeChecking.expressionWarnings` of a policy. */
export interface ExpressionWarning {
  fieldRef: string;
  warning: string;
}

const MAX_TYPES = 10;

/**
 * What is wrong with a policy's expressions, given the kinds it is about: upstream's `TypeChecker` in k8s.io/apiserver
 * `pkg/admission/plugin/policy/validating/typechecking.go`.
 */
export function typeWarnings(spec: PolicySpec, catalog: ResourceCatalog): ExpressionWarning[] {
  const environments = kindsOf(spec, catalog).flatMap((resource) => {
    const environment = environmentFor(spec, resource, catalog);
    const about = `${resource.group === '' ? '' : `${resource.group}/`}${resource.version}, Kind=${resource.kind}`;
    return environment === undefined ? [] : [{ about, environment }];
  });
  const check = (fieldRef: string, expression: string): ExpressionWarning[] => {
    const warning = environments
      .map(({ about, environment }) => {
        const { fault } = compileCel(expression, environment, VARIABLES);
        return fault === undefined ? '' : `${about}: compilation failed: ${fault}\n`;
      })
      .join('');
    return warning === '' ? [] : [{ fieldRef, warning }];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...check(`spec.validations[${index}].expression`, expression),
    ...(messageExpression ? check(`spec.validations[${index}].messageExpression`, messageExpression) : []),
  ]);
}

/** The kinds that the policy names; wildcards name none. */
function kindsOf({ matchConstraints }: PolicySpec, catalog: ResourceCatalog): ResourceInfo[] {
  const found = new Map<string, ResourceInfo>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((text) => text.includes('*'))) continue;
    for (const group of apiGroups)
      for (const version of apiVersions)
        for (const plural of resources) {
          const resource = /[*/]/.test(plural) ? undefined : catalog.find(group, version, plural);
          if (resource !== undefined) found.set(`${group} ${version} ${resource.kind}`, resource);
        }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, MAX_TYPES)
    .map(([, resource]) => resource);
}

function environmentFor(
  spec: PolicySpec,
  resource: ResourceInfo,
  catalog: ResourceCatalog,
): Environment | undefined {
  const environment = celEnvironment();
  const builtin = new BuiltinDeclarations(environment);
  const custom = new Declarations(environment);
  const declared = ({ group, version, kind, custom: own }: ResourceInfo): string | undefined => {
    if (own !== undefined) return custom.typeOf(structuralSchema(own.schema).root, true);
    const type = typeOf(group, version, kind);
    return type && builtin.typeOf(type);
  };
  const object = declared(resource);
  if (object === undefined) return undefined;
  const { group, version } = splitApiVersion(spec.paramKind?.apiVersion ?? '');
  const paramRow = spec.paramKind && catalog.findKind(group, version, spec.paramKind.kind);
  const params = paramRow && declared(paramRow);
  return policyEnvironment(spec, environment, { object, ...(params === undefined ? {} : { params }) });
}
