/** What the catalog can refuse, with the HTTP status of each. */
export const catalogErrors = {
  INVALID_REQUEST: 400,
  ENTITY_NOT_EMPTY: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  NOT_READY: 503,
} as const;

export type CatalogErrorCode = keyof typeof catalogErrors;

/** A request that the catalog refuses: a stable code, the HTTP status, and a sentence for people. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly code: CatalogErrorCode;
  readonly status: number;

  constructor(code: CatalogErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = catalogErrors[code];
  }
}
