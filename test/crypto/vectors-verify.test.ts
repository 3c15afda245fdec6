import { describe, expect, it } from 'vitest';
import type { SignerId } from '#crypto/gm.ts';
import { publicOf } from './support.ts';
import {
  bytesOf,
  families,
  type VectorGroup,
  type VectorTest,
  vectorProviders,
  vectors,
  wrongIn,
} from './vectors-support.ts';

const idOf = (group: VectorGroup): SignerId => (group['z'] === true ? bytesOf(group, 'id') : 'no-z');

describe.each(vectorProviders)('the published signatures (%s)', (_, gm) => {
  const ask = (group: VectorGroup, test: VectorTest): boolean => {
    const key = publicOf(gm, bytesOf(group, 'publicKeyDer'));
    return gm.sm2.verify(key, [bytesOf(test, 'msg')], bytesOf(test, 'sig'), idOf(group));
  };
  for (const name of ['sm2_verify_test', 'sm2_verify_raw_test', 'sm2_verify_skf_test']) {
    it.each(families(vectors(name)))(`${name}: %s is judged right in every case`, async (_family, cases) => {
      expect(await wrongIn(cases, ask)).toEqual([]);
    });
  }
});
