import { decrypted, describeContents, isEncrypted, openArchive, readProof, storageOf, summaryOf } from '@lockstep/core';
import type { Archive, Description, Proof } from '@lockstep/core';
import { identityOptions } from '../keys.ts';
import { openNamedBackup } from '../named-backup.ts';
import { bytes, grouped } from '../numbers.ts';
import { sidecarLines, sidecarOf } from '../sidecar.ts';
import { table } from '../table.ts';
import { ago, moment } from '../time.ts';
import type { Verb } from '../verb.ts';

export const show: Verb = {
  define: (command) =>
    identityOptions(
      command.description('describe a backup by its manifest and table of contents').argument('<file>', 'the backup'),
    ),
  run: async (context, [file = '']) => {
    const identities = await context.identities();
    const source = await openNamedBackup(file, context.backups);
    try {
      if (identities.length === 0 && (await isEncrypted(source))) {
        const sidecar = await sidecarOf(source, file, context.backups);
        const proof = await proofOf(source.name, sidecar.fileRoot);
        const lines = [
          ...sidecarLines(source.name, sidecar),
          ...proofLines(proof).map(([label, text]) => `${label} ${text}`.trim()),
          'Its tables are shown to who has its key (--identity).',
        ];
        return { json: { backup: { file: source.name, ...sidecar }, manifest: null, proof: proof ?? null }, lines };
      }
      const archive = await openArchive(await decrypted(source, identities));
      const summary = summaryOf(archive.name, archive.contents, archive.size);
      const description = describeContents(archive.contents);
      const proof = file === '-' ? undefined : await proofOf(archive.name, archive.contents.fileRoot);
      const json = { backup: summary, manifest: archive.manifest, description, proof: proof ?? null };
      return { json, lines: page(archive, description, proof) };
    } finally {
      await source.close();
    }
  },
};

async function proofOf(file: string, fileRoot: string): Promise<Proof | undefined> {
  const { storage, name } = storageOf(file);
  return readProof(storage, name, fileRoot);
}

/** The page that people read. */
function page(archive: Archive, description: Description, proof: Proof | undefined): string[] {
  const { manifest, contents, size } = archive;
  const { engine, tool } = manifest;
  const { frames, sqlBytes, tables } = description;
  const rows = contents.tables.reduce((sum, { rows: count }) => sum + count, 0);
  const facts: readonly (readonly [string, string])[] = [
    ['Product', `${manifest.product} ${manifest.release}${manifest.seal === null ? ', not sealed' : ''}`],
    [
      'Database',
      `${engine.name} ${engine.version}, ${manifest.phase}${manifest.drifted ? '' : ', as its release has it'}`,
    ],
    ...(manifest.drifted ? [['', 'DRIFTED: the shape was not that of the release'] as const] : []),
    ['Taken', `${moment(manifest.takenAt)} UTC, ${ago(manifest.takenAt, Date.now())}, by ${tool.name} ${tool.version}`],
    ...texts('Position', manifest.position),
    ...texts('Notes', manifest.options),
    ['Size', `${bytes(size)}, from ${bytes(sqlBytes)} of SQL (${(sqlBytes / Math.max(size, 1)).toFixed(1)} to 1)`],
    ['Holds', `${grouped(rows)} rows in ${tables.length} tables, ${grouped(frames)} frames`],
    ...proofLines(proof),
    ['Id', manifest.id],
    ['Content root', contents.contentRoot],
    ['File root', contents.fileRoot],
    ['Fingerprint', manifest.fingerprint],
  ];
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  return [
    archive.name,
    '',
    ...facts.map(([label, text]) => `${label.padEnd(width)}${text}`),
    '',
    ...tableLines(description),
  ];
}

function texts(label: string, values: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(values).map(([key, value], index) => [index === 0 ? label : '', `${key} ${value}`]);
}

function proofLines(proof: Proof | undefined): (readonly [string, string])[] {
  if (!proof) return [['Proven', 'no; `lockstep verify FILE --restore` proves it']];
  const where = `on ${moment(proof.at)} UTC by ${proof.by}, on ${proof.engine}, with ${proof.tool.name} ${proof.tool.version}`;
  if (proof.result === 'proven') return [['Proven', `restored and compared ${where}`]];
  return [
    ['Proven', `FAILED ${where}`],
    ['', proof.reason ?? ''],
  ];
}

function tableLines({ tables, frameBytes }: Description): string[] {
  const rows = tables.map((one) => [
    one.name,
    grouped(one.rows),
    bytes(one.bytes),
    `${((100 * one.bytes) / Math.max(frameBytes, 1)).toFixed(0)} %`,
    bytes(one.sqlBytes),
    grouped(one.frames),
  ]);
  return table(['table', 'rows', 'in the file', 'part', 'as SQL', 'frames'], rows);
}
