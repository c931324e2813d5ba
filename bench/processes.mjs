// CPU time and memory of processes, as Linux tells them in /proc.
import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, whatever its own clock does. */
const ticksPerSecond = 100;

/** CPU seconds of all processes that this one has started and that have ended, and of theirs. */
export function endedCpu() {
  return cpuOf(process.pid)?.ended ?? 0;
}

/** CPU seconds of a server: of its process, of the children that have ended, and of those that work. */
export function serverCpu(pid) {
  const server = cpuOf(pid);
  if (!server) throw new Error(`The server, process ${pid}, is gone.`);
  const working = childrenOf(pid).reduce((sum, child) => sum + (cpuOf(child)?.own ?? 0), 0);
  return server.own + server.ended + working;
}

/**
 * Looks at a process and its descendants from time to time until it is called; then it returns the sum of their largest
 * resident memories in MB. The kernel keeps each one's peak, so that only what comes and goes between two looks is missed.
 */
export function watchMemory(pid) {
  const peaks = new Map();
  const look = () => {
    for (const each of familyOf(pid)) {
      const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(read(`/proc/${each}/status`)) ?? [];
      if (kilobytes) peaks.set(each, Number(kilobytes));
    }
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    return [...peaks.values()].reduce((sum, peak) => sum + peak, 0) / 1000;
  };
}

/** proc(5): the fields after the name are numbered from 3 on; 14 to 17 are utime, stime, cutime and cstime. */
function cpuOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (from) => (Number(fields[from - 3]) + Number(fields[from - 2])) / ticksPerSecond;
  return { own: seconds(14), ended: seconds(16) };
}

function familyOf(pid) {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

function childrenOf(pid) {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** The text of a file of /proc, or nothing if the process has ended. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
    throw error;
  }
}
