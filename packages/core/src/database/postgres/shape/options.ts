import { literal } from '../quote.ts';

/** `fillfactor=70` as WITH wants it. */
export function optionsSql(options: readonly string[]): string {
  return options
    .map((option) => {
      const [, name, value] = /^([^=]*)=(.*)$/s.exec(option) ?? ['', option, ''];
      return `${name} = ${literal(value ?? '')}`;
    })
    .join(', ');
}
