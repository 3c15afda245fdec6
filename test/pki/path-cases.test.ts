import { describe, expect, it } from 'vitest';
import { pathCases } from '#fixtures/pki/path-cases.ts';
import { type BuiltPath, NOW, pathKit, type Verdict } from '#fixtures/pki/path-cases-kit.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { parseCrl } from '#pki/crl.ts';
import { validatePath } from '#pki/path.ts';
import { judgeRevocation } from '#pki/revocation.ts';
import { gm } from './support.ts';

/** As the hub would: what cannot be read is left out, and a verified path is asked for its status where lists are given. */
async function judge(path: BuiltPath): Promise<Verdict> {
  const read = (list: readonly Uint8Array[]) => list.flatMap((der) => parseCertificate(gm, der) ?? []);
  const certificate = parseCertificate(gm, path.certificate);
  if (certificate === undefined) return 'unreadable';
  const { at = NOW, purpose = 'sign', allowNonGm = false, lists, graceMs = 0 } = path;
  const request = { certificate, intermediates: read(path.intermediates ?? []), anchors: read(path.anchors) };
  const result = validatePath(gm, { ...request, at, purpose, allowNonGm });
  if (!result.ok) return result.fault.code;
  if (lists === undefined) return 'ok';
  const crls = lists.map((der) => (der === undefined ? undefined : parseCrl(gm, der)));
  const { verified } = result;
  return (await judgeRevocation({ verified, crls: async ({ depth }) => crls[depth], at, graceMs })).status;
}

describe('a certification path under SM2', () => {
  it.each(pathCases.map((one) => [one.id, one.description, one] as const))('%s: %s', async (_id, _text, one) => {
    expect(await judge(await one.build(pathKit(gm)))).toBe(one.expected);
  });
});

it('there are at least 120 path cases, and no two have one name', () => {
  expect(pathCases.length).toBeGreaterThanOrEqual(120);
  expect(new Set(pathCases.map(({ id }) => id)).size).toBe(pathCases.length);
});
