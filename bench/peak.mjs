// Loaded into `lockstep` with --import: writes down the largest resident memory of the process, in kB, at its end.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env['LOCKSTEP_BENCH_PEAK'], `${process.resourceUsage().maxRSS}`));
