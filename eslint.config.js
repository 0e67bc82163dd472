import tseslint from 'typescript-eslint';

/**
 * Which workspace packages each part may import: an arrow never points up (docs/architecture.md).
 * Anything of ours that is not listed is refused by lint.
 */
const layers = {
  'packages/remotedialer': [],
  'packages/rancher-client': [],
  'packages/memory-apiserver': [],
  'packages/kwok-driver': [],
  'packages/fake-rancher': ['remotedialer'],
  'packages/cluster-sim': ['remotedialer', 'rancher-client', 'memory-apiserver', 'kwok-driver'],
  'apps/agent': ['cluster-sim'],
  'apps/cli': ['agent', 'cluster-sim', 'fake-rancher'],
};

/**
 * Layers inside memory-apiserver, lowest first: a folder may import only from folders named before it.
 * `src/object.ts`, `src/errors.ts` and other files at the top of `src` (but `index.ts`) are below all of them.
 */
const insideApiserver = ['schema', 'codec', 'store', 'registry', 'pods', 'http', 'controllers'];

const refuse = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });
const all = [
  'remotedialer',
  'rancher-client',
  'memory-apiserver',
  'kwok-driver',
  'fake-rancher',
  'cluster-sim',
  'agent',
  'cli',
];

const layerRules = Object.entries(layers).map(([folder, allowed]) => ({
  files: [`${folder}/src/**/*.ts`],
  rules: refuse([
    {
      group: all.filter((name) => !allowed.includes(name)).map((name) => `@scale-cluster/${name}`),
      message: `${folder} must not depend on this: see the layers in docs/architecture.md.`,
    },
  ]),
}));

const apiserverRules = insideApiserver.map((folder, index) => ({
  files: [`packages/memory-apiserver/src/${folder}/**/*.ts`],
  rules: refuse([
    { group: ['@scale-cluster/*'], message: 'memory-apiserver stands alone.' },
    ...insideApiserver.slice(index + 1).map((higher) => ({
      group: [`**/${higher}/*.js`],
      message: `${folder} is below ${higher}: see docs/architecture.md.`,
    })),
  ]),
}));

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', '**/node_modules/**', '**/generated/**', '.nx/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ['*.ts', 'packages/*/*.ts', 'apps/*/*.ts'],
          maximumDefaultProjectFileMatchCount_THIS_WILL_SLOW_DOWN_LINTING: 40,
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  ...layerRules,
  ...apiserverRules,
  {
    files: ['**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  // Configuration files belong to no tsconfig, so there are no types to ask about.
  {
    files: ['**/*.js', '**/*.mjs', '**/*.config.ts', '*.shared.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
