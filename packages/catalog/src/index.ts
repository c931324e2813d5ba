export { catalogProduct } from './product.ts';
export { startCatalog } from './server.ts';
export type { CatalogOptions, RunningCatalog } from './server.ts';
export type { LeaseStatus } from './http/system.ts';
export { sample } from './sample/sample.ts';
export type { SampleOptions, SampleResult } from './sample/sample.ts';
export { serve } from './serve.ts';
export type { ServeOptions } from './serve.ts';
