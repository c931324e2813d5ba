import { beforeAll, expect, it } from 'vitest';
import { Counter, MetricsText } from '#catalog/metrics/registry.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { catalogOn, migratedDatabase } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';

describeEachEngine('the metrics', (engine) => {
  let catalog: TestCatalog;
  let leaseIsValid = true;
  beforeAll(async () => {
    catalog = await catalogOn(await migratedDatabase(engine), { lease: { isValid: () => leaseIsValid } });
  });

  it('tell of requests, database and lease', async () => {
    await catalog.get('/api/v1/users');
    await catalog.get('/api/v1/users');
    await catalog.get('/api/v1/users/name/nobody%20%22here%22');
    leaseIsValid = false;
    const response = await fetch(`${catalog.address}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = (await response.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE lockstep_http_requests_total counter',
        'lockstep_http_requests_total{method="GET",route="/api/v1/users",status="200"} 2',
        'lockstep_release_info{product="catalog",release="1.2.0"} 1',
        'lockstep_phase{phase="ready"} 1',
        'lockstep_phase{phase="failed"} 0',
        'lockstep_leases 0',
        'lockstep_lease_valid 0',
        'lockstep_database_up 1',
        'lockstep_backup_running 0',
      ]),
    );
    // What a request named is no label: there would be one for every name.
    expect(lines.filter((line) => line.includes('nobody'))).toEqual([]);
    expect(lines.filter((line) => line.includes('status="404"'))).toHaveLength(1);
  });
});

it('escapes labels and help, and writes every number', () => {
  const counter = new Counter();
  counter.add({ name: 'a"b\\c\nd' });
  counter.add({ name: 'a"b\\c\nd' }, 0.5);
  const text = new MetricsText();
  text.add('some_total', 'counter', 'One\nline \\', counter.samples());
  text.add('other', 'gauge', 'Odd ones.', [{ value: NaN }, { value: Infinity }, { value: -Infinity }]);
  text.add('none', 'gauge', 'Nothing.', []);
  expect(text.toString().split('\n')).toEqual([
    '# HELP some_total One\\nline \\\\',
    '# TYPE some_total counter',
    'some_total{name="a\\"b\\\\c\\nd"} 1.5',
    '# HELP other Odd ones.',
    '# TYPE other gauge',
    'other NaN',
    'other +Inf',
    'other -Inf',
    '',
  ]);
});
