// Nx keeps the word `conformance` for a plugin of this name and loads it when it is
// there (nx: src/command-line/nx-commands.ts). Ours hands the word on, so that
// `nx conformance PROJECT` runs a target like `nx test PROJECT` does.
const { spawnSync } = require('node:child_process');

exports.yargsConformanceCommand = {
  command: 'conformance <project> [args..]',
  describe: 'Runs the conformance target of a project',
  builder: (yargs) => yargs.help(false).version(false).strict(false),
  handler: () => {
    const [project, ...rest] = process.argv.slice(process.argv.indexOf('conformance') + 1);
    const nx = require.resolve('nx/bin/nx.js');
    const { status } = spawnSync(process.execPath, [nx, 'run', `${project}:conformance`, ...rest], {
      stdio: 'inherit',
    });
    process.exit(status ?? 1);
  },
};

exports.yargsConformanceCheckCommand = {
  command: 'conformance:check',
  describe: false,
  handler: () => {
    console.error('nx conformance:check belongs to a plugin of Nx that is not used here.');
    process.exit(2);
  },
};
