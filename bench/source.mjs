import { lockstep } from './command.mjs';
import { countsOf, dataStatements } from './data.mjs';
import { makeProduct } from './product.mjs';

/** Makes the product and a database full of its data. Returns the general options of `lockstep` for it. */
export async function makeSource(engine, { size, bytes }) {
  const config = await makeProduct(engine);
  const options = (url) => ['--config', config, '--database-url', url, '--quiet'];
  const url = await engine.create('source');
  await lockstep([...options(url), 'migrate']);
  const { documents, entries } = countsOf(bytes);
  console.log(`Making ${size} of data: ${documents} documents, ${entries} narrow rows`);
  await engine.sql('source', dataStatements(engine.family, bytes));
  return { options, url };
}
