import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { portIsTaken } from '#fixtures/world/ports.ts';
import { gone, kill, npmStart, type WorldProcess } from '#test/support/world-process.ts';

let running: WorldProcess | undefined;
let temp: string | undefined;

afterEach(async () => {
  await running?.end();
  running = undefined;
  if (temp) rmSync(temp, { recursive: true, force: true });
});

const ways: readonly [string, (world: WorldProcess) => void][] = [
  ["SIGTERM to npm's own pid", (world) => kill(world.child.pid ?? 0, 'SIGTERM')],
  ['SIGTERM to the whole group', (world) => kill(-(world.child.pid ?? 0), 'SIGTERM')],
  ['SIGKILL of npm, which nobody is told of', (world) => kill(world.child.pid ?? 0, 'SIGKILL')],
];

describe('npm start', () => {
  for (const [name, end] of ways) {
    it(`leaves no process, port or temporary file within 10 s of ${name}`, async () => {
      temp = mkdtempSync(join(tmpdir(), 'caihub-endings-'));
      running = await npmStart([], temp);
      const { world } = running;
      const ports = [
        world.hub,
        world.agent.url,
        world.phone.url,
        ...world.units.flatMap((unit) => unit.platforms.map((p) => p.home)),
      ].map((url) => Number(new URL(url).port));
      expect((await Promise.all(ports.map(portIsTaken))).every(Boolean)).toBe(true);
      end(running);
      const started = running;
      const quiet = await gone(
        async () => started.living().length === 0 && !(await Promise.all(ports.map(portIsTaken))).some(Boolean),
        10_000,
      );
      expect({ quiet, living: started.living(), output: quiet ? '' : started.output() }).toEqual({
        quiet: true,
        living: [],
        output: '',
      });
      expect(readdirSync(temp).filter((entry) => !entry.startsWith('node-compile-cache'))).toEqual([]);
    });
  }
});
