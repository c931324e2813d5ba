import { LockstepError } from '@lockstep/core';

/** What a sample looks like in one release of the catalog. */
export interface SampleForm {
  readonly release: string;
  /** Owners stand in the documents; from 1.2.0 on they are relationships. */
  readonly ownersInside: boolean;
  readonly lineage: boolean;
  readonly tags: boolean;
}

const forms: readonly SampleForm[] = [
  { release: '1.0.0', ownersInside: true, lineage: false, tags: false },
  { release: '1.1.0', ownersInside: true, lineage: true, tags: false },
  { release: '1.2.0', ownersInside: false, lineage: true, tags: true },
];

/** Throws SAMPLE_RELEASE_UNKNOWN for a release that has no form, such as one that is not sealed yet. */
export function formOf(release: string): SampleForm {
  const form = forms.find((known) => known.release === release);
  if (form) return form;
  throw new LockstepError('SAMPLE_RELEASE_UNKNOWN', {
    found: release,
    known: forms.map((known) => known.release).join(', '),
  });
}
