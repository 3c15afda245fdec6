import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OfdParts, packed } from '#fixtures/ofd/letter.ts';
import { toolOf } from '#test/support/tools.ts';
import { type OfdWorld, openOfdWorld } from './kit.ts';

/** Nothing of ours takes part: the archive by unzip, digests by openssl, the seal's signature by openssl from what it parses. */
describe.skipIf(!toolOf('unzip'))('a signed OFD document, judged by others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ofd-elsewhere-'));
  const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { cwd: folder, encoding: 'utf8' });
  let world: OfdWorld;
  let sealed: OfdParts;
  beforeAll(async () => {
    world = await openOfdWorld();
    sealed = await world.sealed(world.unsigned);
    writeFileSync(join(folder, 'signed.ofd'), packed(sealed));
    run('unzip', '-q', 'signed.ofd', '-d', 'parts');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is a sound archive with the parts that were put in', () => {
    expect(run('unzip', '-tq', 'signed.ofd')).toContain('No errors detected');
    for (const [name, part] of sealed) expect(readFileSync(join(folder, 'parts', name)).equals(part)).toBe(true);
  });

  it('lists the digests that openssl finds, and no other file stands beside it', () => {
    const description = readFileSync(join(folder, 'parts/Doc_0/Signs/Sign_0/Signature.xml'), 'utf8');
    const listed = [...description.matchAll(/FileRef="\/([^"]+)"><ofd:CheckValue>([^<]+)/g)];
    for (const [, name = '', value = ''] of listed) {
      const digest = run('openssl', 'dgst', '-sm3', '-r', join('parts', name)).slice(0, 64);
      expect([name, digest]).toEqual([name, Buffer.from(value, 'base64').toString('hex')]);
    }
    const own = ['Signatures.xml', 'Sign_0/Signature.xml', 'Sign_0/SignedValue.dat'].map((one) => `Doc_0/Signs/${one}`);
    expect([...listed.map(([, name]) => name), ...own].sort()).toEqual([...sealed.keys()].sort());
  });

  it('carries Signature.xml’s digest in its seal’s signature, which holds by the signer’s key', () => {
    const value = join(folder, 'parts/Doc_0/Signs/Sign_0/SignedValue.dat');
    const der = readFileSync(value);
    const lines = run('openssl', 'asn1parse', '-inform', 'DER', '-in', value).split('\n');
    const nodes = lines.flatMap((line) => {
      const found = /^\s*(\d+):d=\s*(\d+)\s+hl=\s*(\d+)\s+l=\s*(\d+)/.exec(line)?.slice(1).map(Number);
      return found === undefined ? [] : [found as [number, number, number, number]];
    });
    const cut = ([at, , head, length]: [number, number, number, number]) => der.subarray(at, at + head + length);
    const inside = ([at, , head, length]: [number, number, number, number]) =>
      der.subarray(at + head, at + head + length);
    const [tbs, certificate, , signature] = nodes.filter(([, depth]) => depth === 1);
    const hash = nodes.filter(([, depth]) => depth === 2)[3];
    if (!tbs || !certificate || !signature || !hash) throw new Error('no SES_Signature');
    const digest = run('openssl', 'dgst', '-sm3', '-r', 'parts/Doc_0/Signs/Sign_0/Signature.xml').slice(0, 64);
    expect(inside(hash).subarray(1).toString('hex')).toBe(digest);
    writeFileSync(join(folder, 'tbs'), cut(tbs));
    writeFileSync(join(folder, 'certificate'), inside(certificate));
    writeFileSync(join(folder, 'signature'), inside(signature).subarray(1));
    run('openssl', 'x509', '-inform', 'DER', '-in', 'certificate', '-pubkey', '-noout', '-out', 'key');
    const id = ['-sigopt', 'distid:1234567812345678'];
    expect(run('openssl', 'dgst', '-sm3', '-verify', 'key', ...id, '-signature', 'signature', 'tbs')).toContain(
      'Verified OK',
    );
  });
});
