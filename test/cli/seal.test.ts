import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSoftwareKeyFile } from '#agent/software-key.ts';
import { runSeal } from '#cli/seal.ts';
import { base64, hex } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { checkStructure } from '#opening/capsule/structure.ts';
import { signTicket } from '#opening/capsule/ticket.ts';
import { catchPrinted, type Printed } from '#test/support/printed.ts';
import { gm, holder, hubKey, hubPoint, NOW, open, openingKey, type Pair } from '../opening/capsule/support.ts';

let folder: string;
let bidder: Pair;
let printed: Printed;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seal-'));
  bidder = await holder('甲公司');
  const ticket = await signTicket(gm, hubKey, {
    type: 'sealing-ticket',
    v: 1,
    hub: 'https://hub.example',
    opening: 'opn-1',
    lot: 'lot-1',
    opensAt: NOW,
    keyModel: 'joint',
    openingKey: hex(openingKey.publicKey.point),
    recovery: null,
    issuedAt: NOW,
  });
  writeFileSync(at('ticket.json'), JSON.stringify(ticket));
  writeFileSync(at('bid.zip'), '投标文件正文'.repeat(20_000));
  writeFileSync(at('enc.pem'), base64(bidder.encCertificate));
  writeFileSync(at('secret'), 'a-unit-secret-of-32-characters-00\n');
  writeFileSync(at('pin'), '123456\n');
  createSoftwareKeyFile(
    {
      file: at('key.json'),
      label: '甲公司',
      pin: '123456',
      pinEntry: 'page',
      sign: { key: bidder.signKey, certificate: bidder.signCertificate },
      encrypt: { key: bidder.encKey, certificate: bidder.encCertificate },
      iterations: 100,
    },
    { gm, random: systemRandom },
  );
  printed = catchPrinted();
});
afterEach(() => {
  printed.end();
  rmSync(folder, { recursive: true, force: true });
});

const common = (hub = hubPoint): string[] =>
  [
    at('bid.zip'),
    '--ticket',
    at('ticket.json'),
    '--hub-key',
    hub,
    '--task',
    'T1',
    '--bidder',
    '91210000000000000X',
  ].concat(['--out', at('bid.capsule')]);

describe('the command seal', () => {
  it('seals a file with the bidder’s software key, and says what it is known by', async () => {
    const exit = await runSeal([...common(), '--software-key', at('key.json'), '--pin-file', at('pin'), '--json']);
    expect(exit, printed.text()).toBe(0);
    const capsule = readFileSync(at('bid.capsule'));
    const structure = await checkStructure(gm, [capsule]);
    expect(JSON.parse(printed.text())).toMatchObject({ ok: true, bytes: capsule.length, sm3: structure.sm3 });
    expect(structure.head.header).toMatchObject({ task: 'T1', sealedBy: 'client', bidder: '91210000000000000X' });
    const opened = await open(capsule, bidder);
    expect(opened.content.equals(readFileSync(at('bid.zip')))).toBe(true);
    expect(opened.preface.name).toBe('bid.zip');
  });

  it('seals for a trading system that vouches with its secret', async () => {
    const exit = await runSeal([
      ...common(),
      '--certificate',
      at('enc.pem'),
      '--unit',
      'unit-1',
      '--secret-file',
      at('secret'),
    ]);
    expect([exit, printed.text().includes('已密封')]).toEqual([0, true]);
    await expect(open(readFileSync(at('bid.capsule')), bidder)).rejects.toThrow('signature'); // this judge takes the bidder only
  });

  it('does not seal for a stranger’s ticket, over a file, with a wrong PIN, or half told', async () => {
    const key = ['--software-key', at('key.json'), '--pin-file', at('pin')];
    const stranger = hex(gm.sm2.generateKey().publicKey.point);
    expect(await runSeal([...common(stranger), ...key])).toBe(1);
    expect(printed.text()).toContain('票据');
    writeFileSync(at('bid.capsule'), 'already here');
    expect(await runSeal([...common(), ...key])).toBe(1);
    expect(readFileSync(at('bid.capsule'), 'utf8')).toBe('already here');
    rmSync(at('bid.capsule'));
    writeFileSync(at('pin'), '654321');
    expect(await runSeal([...common(), ...key])).toBe(1);
    expect(printed.text()).toContain('PIN 码不正确');
    expect(await runSeal(common())).toBe(2);
    expect(await runSeal([at('bid.zip')])).toBe(2);
    expect(await runSeal(['--help'])).toBe(0);
    expect(() => readFileSync(at('bid.capsule'))).toThrow('ENOENT');
    expect(printed.text()).not.toMatch(/123456|654321/);
  });
});
