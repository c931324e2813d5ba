import { spawnCli } from '../fixtures/cli.ts';
import type { RunningCli } from '../fixtures/cli.ts';
import type { ProgramOptions } from '../fixtures/program.ts';
import { until } from '../fixtures/until.ts';

/** Starts the catalog on a free port. */
export function startServer(url: string, options: ProgramOptions = {}, args: readonly string[] = []): RunningCli {
  return spawnCli(['--database-url', url, 'serve', '--port', '0', ...args], options);
}

/** Waits until it prints this; throws with what it printed if it ends before. */
export async function prints(server: RunningCli, text: string): Promise<void> {
  let code: number | null | undefined;
  void server.ended.then((outcome) => (code = outcome.code));
  const printed = (): boolean => server.output().stderr.includes(text);
  await until(
    () => printed() || code !== undefined,
    () => `Not printed: ${text}. ${server.output().stderr}`,
  );
  if (!printed()) throw new Error(`It ended with ${code}: ${server.output().stderr}`);
}

/** Waits until it serves; returns its address. */
export async function serves(server: RunningCli): Promise<string> {
  await prints(server, 'serves on ');
  return / serves on (\S+)/.exec(server.output().stderr)?.[1] ?? '';
}
