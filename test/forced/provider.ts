/**
 * Stands in for `#crypto/provider.ts` where a run forces primitives over: the same functions over the same providers, only that what
 * CAHUB_TEST_FORCE names is tied to sm-crypto. Whoever chooses providers himself keeps his choice: those tests are about choosing.
 */
import * as real from '../../src/crypto/provider.ts';
import { isPrimitive, primitives } from './primitives.ts';

export type { GmOptions, Primitive } from '../../src/crypto/provider.ts';

const names: readonly string[] = (process.env['CAHUB_TEST_FORCE'] ?? '')
  .split(',')
  .flatMap((name): readonly string[] => (name === 'every' ? primitives : [name]));
const wrong = names.filter((name) => !isPrimitive(name));
if (wrong.length > 0) throw new Error(`CAHUB_TEST_FORCE names no primitive: ${wrong.join(', ')}`);
const force = Object.fromEntries(names.map((name) => [name, 'sm-crypto' as const]));

const bent = (options: real.GmOptions): real.GmOptions =>
  options.providers === undefined && options.force === undefined ? { ...options, force } : options;

export const createGm = (options: real.GmOptions = {}): ReturnType<typeof real.createGm> =>
  real.createGm(bent(options));
export const selfTest = (options: real.GmOptions = {}): ReturnType<typeof real.selfTest> =>
  real.selfTest(bent(options));
