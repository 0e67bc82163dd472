import type { Environment } from '@marcbachmann/cel-js';
import { registerAddresses } from './addresses.js';
import { registerAuthorizer } from './authorizer.js';
import { registerFormats } from './formats.js';
import { cel } from './library.js';
import { registerLists } from './lists.js';
import { registerQuantities } from './quantities.js';
import { registerStrings } from './strings.js';
import { registerUrls } from './urls.js';
import { registerVersions } from './semver.js';

let base: Environment | undefined;
let functions: ReadonlySet<string> | undefined;

/**
 * CEL as Kubernetes has it: the language with optional types and the libraries of k8s.io/apiserver
 * `pkg/cel/environment/base.go`. Clone it to declare variables.
 */
export function celEnvironment(): Environment {
  if (base === undefined) {
    // Lists may be mixed, since arguments of format() are; upstream refuses mixed ones elsewhere.
    base = new (cel().Environment)({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
    for (const register of [
      registerLists,
      registerStrings,
      registerUrls,
      registerQuantities,
      registerAddresses,
      registerFormats,
      registerVersions,
      registerAuthorizer,
    ])
      register(base);
  }
  return base.clone();
}

/** True if there is a function of the name, of whatever types. */
export function isCelFunction(name: string): boolean {
  functions ??= new Set(
    celEnvironment()
      .getDefinitions()
      .functions.map((definition) => definition.name),
  );
  return functions.has(name);
}
