export { catalogProduct } from './product.ts';
export { startCatalog } from './server.ts';
export type { CatalogOptions, RunningCatalog } from './server.ts';
export type { LeaseStatus } from './http/system.ts';
