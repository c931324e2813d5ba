import { proofName } from './proof.ts';

/** The names of the files that may lie beside a backup and belong to it: the proof, and the sidecar of an encrypted one. */
export function besideOf(backup: string): string[] {
  return [proofName(backup), `${backup}.json`];
}
