/** The library age-encryption. It is a tenth of the time that a command takes to start, and few need it. */
export function loadAge(): Promise<typeof import('age-encryption')> {
  return import('age-encryption');
}
