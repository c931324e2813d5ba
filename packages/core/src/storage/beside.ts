import { openStorage } from './open.ts';
import type { Storage } from './storage.ts';

/** The storage in which a file stands, by its path or URL, and its name there. */
export function storageOf(location: string): { readonly storage: Storage; readonly name: string } {
  const cut = location.lastIndexOf('/');
  const place = cut < 0 ? '.' : location.slice(0, Math.max(cut, 1));
  return { storage: openStorage(place), name: location.slice(cut + 1) };
}
