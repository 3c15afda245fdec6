// Loaded into a measured process by NODE_OPTIONS=--import; the program itself knows nothing of it.
// The first SIGUSR2 begins a measurement, the next one ends it and writes it to CAIHUB_BENCH_OUT as JSON.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const out = process.env.CAIHUB_BENCH_OUT;

if (out) {
  const resolution = 1;
  const delay = monitorEventLoopDelay({ resolution });
  const session = new Session();
  const post = (method, params = {}) =>
    new Promise((resolve, reject) =>
      session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))),
    );
  let before;
  let profiled = false;
  const begin = async () => {
    profiled = readFileSync(`${out}.want`, 'utf8') === 'profile';
    if (profiled) {
      session.connect();
      await post('Profiler.enable');
      await post('Profiler.setSamplingInterval', { interval: 500 });
      await post('Profiler.start');
    }
    delay.enable();
    delay.reset();
    before = performance.eventLoopUtilization();
  };
  const end = async () => {
    delay.disable();
    const { utilization } = performance.eventLoopUtilization(before);
    before = undefined;
    const profile = profiled ? (await post('Profiler.stop')).profile : undefined;
    if (profiled) session.disconnect();
    const ms = (nanoseconds) => nanoseconds / 1e6;
    const loop = { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max), resolution };
    writeFileSync(`${out}.part`, JSON.stringify({ loop, utilization, profile }));
    renameSync(`${out}.part`, out);
  };
  process.on('SIGUSR2', () => void (before === undefined ? begin() : end()));
}
