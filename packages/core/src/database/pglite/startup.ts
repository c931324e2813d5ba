import { startupCode, texts } from './messages.ts';

/** The first packet of a connection: its parameters, or a request that comes before it. */
export type FirstPacket = Startup | 'refuse encryption' | 'cancel';

export interface Startup {
  /** Minor version of protocol 3. */
  readonly minor: number;
  readonly user: string;
  readonly database: string;
  /** Settings for the session: `application_name`, `client_encoding` ... */
  readonly settings: ReadonlyMap<string, string>;
  /** Extensions of the protocol that were asked for. None is known. */
  readonly extensions: readonly string[];
}

/** Throws RangeError for what is not a packet of protocol 3. */
export function readStartup(body: Buffer): FirstPacket {
  if (body.length < 4) throw new RangeError('the first packet is too short');
  const code = body.readUInt32BE(0);
  if (code === startupCode.ssl || code === startupCode.gss) return 'refuse encryption';
  // A statement can't be stopped: while it runs, nothing else does.
  if (code === startupCode.cancel) return 'cancel';
  const major = body.readUInt16BE(0);
  if (major !== startupCode.protocol3) throw new RangeError(`the protocol ${major} is not supported, only 3`);
  const parameters = pairs(texts(body.subarray(4)));
  const { user = '', database = user, options = '' } = Object.fromEntries(parameters);
  const settings = [...parameters].filter(
    ([name]) => !['user', 'database', 'options'].includes(name) && !isExtension(name),
  );
  return {
    minor: body.readUInt16BE(2),
    user,
    database,
    settings: new Map([...readOptions(options), ...settings]),
    extensions: [...parameters.keys()].filter(isExtension),
  };
}

function isExtension(name: string): boolean {
  return name.startsWith('_pq_.');
}

function pairs(values: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (let index = 0; index + 1 < values.length; index += 2) {
    const name = values[index] ?? '';
    if (name === '') break;
    found.set(name, values[index + 1] ?? '');
  }
  return found;
}

/** Settings of the parameter `options`: `-c name=value` and `--name=value`; a backslash takes a space along. */
function readOptions(options: string): Map<string, string> {
  const words = (options.match(/(?:\\[^]|[^\s\\])+/g) ?? []).map((word) => word.replace(/\\([^])/g, '$1'));
  if (words.length === 0) return new Map();
  const assignments = words.join('\0').replaceAll('-c\0', '-c').split('\0');
  return new Map(
    assignments.map((word) => {
      const [, name, value] = /^(?:-c|--)([^=]+)=([^]*)$/.exec(word) ?? [];
      if (name === undefined || value === undefined) throw new RangeError(`the option ${word} is not understood`);
      return [name.replaceAll('-', '_'), value];
    }),
  );
}
