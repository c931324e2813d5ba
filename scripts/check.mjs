// npm run check: types, lint, format and dead code. All of them run, whatever the others find.
import { spawnSync } from 'node:child_process';

const root = new URL('..', import.meta.url);
const steps = {
  types: 'tsc -b',
  lint: 'oxlint --type-aware',
  format: 'oxfmt --check',
  'dead code': 'knip',
};

const failed = Object.entries(steps).filter(([name, command]) => {
  console.log(`\n== ${name}: ${command}`);
  const [program, ...args] = command.split(' ');
  const { status } = spawnSync(`node_modules/.bin/${program}`, args, { cwd: root, stdio: 'inherit' });
  return status !== 0;
});

for (const name of Object.keys(steps)) {
  console.log(`${failed.some(([wrong]) => wrong === name) ? 'wrong' : 'right'}  ${name}`);
}
if (failed.length > 0) process.exitCode = 1;
