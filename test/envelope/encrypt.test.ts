import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { openStore } from '#store/store.ts';
import { codeOf, gm, type HeldKey, type LoginWorld, newTask, openLoginWorld, unwrap } from '#test/identity/world.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { closed, encryptionSerial, encryptRequest, message7, Opener, startDecrypt } from './people.ts';

describeOnBothDatabases('encrypt', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(async () => {
    await world.close();
  });
  const encrypt = (change: Parameters<typeof encryptRequest>[2] = {}, content = '密文保函') =>
    world.envelopes.encrypt(world.unit, encryptRequest(key, content, change));

  it('closes a text to the key of the named serial, and to nobody else', async () => {
    const made = unwrap(await encrypt());
    const envelope = parseEnvelopedData(made.ciphertext);
    expect(envelope?.family).toBe('gm');
    const [copy] = envelope?.recipients ?? [];
    const opened = await gm.sm2.decrypt(key.pair.encKey, copy?.encryptedKey ?? Buffer.alloc(0));
    expect(opened.ok && opened.plaintext.length).toBe(16);
    const signing = await gm.sm2.decrypt(key.pair.signKey, copy?.encryptedKey ?? Buffer.alloc(0));
    expect(signing.ok).toBe(false);
  });

  it('refuses a serial nobody enrolled, and one that is not of this unit code or this person', async () => {
    const codes = await Promise.all([
      encrypt({ encryptionSerial: '0123456789ABCDEF' }),
      encrypt({ unitCode: companies.dalian.unitCode }),
      encrypt({ idNumber: companies.dalian.idNumber }),
      encrypt({ encryptionSerial: key.serial }),
    ]);
    expect(codes.map(codeOf)).toEqual(Array(4).fill('RECIPIENT_UNKNOWN'));
  });

  it('finds the serial in every spelling', async () => {
    const serial = encryptionSerial(key);
    const spellings = [
      serial.toLowerCase(),
      `00${serial}`,
      serial.replace(/(..)(?=.)/g, '$1:'),
      BigInt(`0x${serial}`).toString(),
    ];
    for (const encryptionSerial of spellings) expect(codeOf(await encrypt({ encryptionSerial }))).toBe('ok');
  });

  it('closes to a subject that another unit enrolled, and not where units keep to themselves', async () => {
    const foreign = () => world.envelopes.encrypt(world.neighbour, encryptRequest(key, '邻县'));
    expect(codeOf(await foreign())).toBe('ok');
    await world.store.tx((tx) =>
      world.relyingParties.setUnit(tx, world.neighbour.id, { profile: { subjects: 'own' } }),
    );
    const neighbour = await world.relyingParties.unit(world.store.read, world.neighbour.id);
    if (neighbour === undefined) throw new Error('no neighbour');
    expect(codeOf(await world.envelopes.encrypt(neighbour, encryptRequest(key, '邻县')))).toBe('RECIPIENT_UNKNOWN');
    await world.store.tx((tx) => world.relyingParties.setUnit(tx, world.neighbour.id, { profile: {} }));
  });

  it('refuses a cancelled and an expired key with the reason', async () => {
    const gone = await world.enrolledKey();
    await world.cancelKey(gone);
    expect(codeOf(await world.envelopes.encrypt(world.unit, encryptRequest(gone, '一')))).toBe('RECIPIENT_UNUSABLE');
    const now = world.clock.now();
    const day = 24 * 3600_000;
    const old = await world.enrolledKey({ validity: { notBefore: now - 30 * day, notAfter: now - day } });
    expect(codeOf(await world.envelopes.encrypt(world.unit, encryptRequest(old, '一')))).toBe('RECIPIENT_UNUSABLE');
  });

  it('asked again for the same gives a fresh ciphertext, both of which open; asked for anything else under that task it refuses', async () => {
    const request = encryptRequest(key, '同一内容');
    const [one, two] = [
      unwrap(await world.envelopes.encrypt(world.unit, request)),
      unwrap(await world.envelopes.encrypt(world.unit, request)),
    ];
    expect(Buffer.from(one.ciphertext).equals(Buffer.from(two.ciphertext))).toBe(false);
    const others = [{ content: '别的' }, { idNumber: '1' }, { standBy: 'x' }, { hub: { fileName: 'a' } }];
    for (const change of others)
      expect(codeOf(await world.envelopes.encrypt(world.unit, { ...request, ...change }))).toBe('TASK_CONFLICT');
    for (const { ciphertext } of [one, two]) {
      const link = await startDecrypt(world, ciphertext);
      expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
      expect(message7(world, link.taskId)[0]?.['decData']).toBe('同一内容');
    }
  });

  it('of two that claim one task with other contents at the same time gives one', async () => {
    const taskId = newTask();
    const codes = (await Promise.all(['甲', '乙'].map((content) => encrypt({ taskId }, content)))).map(codeOf);
    expect(codes.sort()).toEqual(['TASK_CONFLICT', 'ok']);
  });

  it('closes one text to several holders, each of whom opens it', async () => {
    const other = await world.enrolledKey({ holder: companies.dalian, authority: 'bohai' });
    const recipients = [
      {
        idNumber: companies.dalian.idNumber,
        unitCode: companies.dalian.unitCode,
        encryptionSerial: encryptionSerial(other),
      },
    ];
    const ciphertext = await closed(world, key, '两把钥匙', { hub: { recipients } });
    for (const holder of [key, other]) {
      const link = await startDecrypt(world, ciphertext);
      expect((await new Opener(world).decrypt(link, holder)).state).toBe('succeeded');
      expect(message7(world, link.taskId)[0]?.['encCertSn']).toBe(encryptionSerial(holder));
    }
  });

  it('refuses more than 1 MiB with the advice, and half a character', async () => {
    expect(codeOf(await encrypt({}, 'a'.repeat(1024 * 1024 + 1)))).toBe('PLAINTEXT_TOO_LARGE');
    expect(codeOf(await encrypt({}, '\ud83d'))).toBe('FIELD_INVALID');
  });

  it('says who may have asked: units with this task, then units with this subject', async () => {
    const request = encryptRequest(key, '谁');
    expect(await world.envelopes.candidatesFor(request)).toEqual([[], [world.unit.id]]);
    unwrap(await world.envelopes.encrypt(world.neighbour, request));
    expect(await world.envelopes.candidatesFor(request)).toEqual([[world.neighbour.id], [world.unit.id]]);
  });
});

describe('what encrypt leaves behind', () => {
  it('is neither the text nor the ciphertext nor the content key', async () => {
    const world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    const key = await world.enrolledKey();
    const ciphertext = await closed(world, key, '只有收件人知道的话');
    const rows: unknown[] = [];
    for (const table of ['encryption', 'ciphertext', 'ciphertext_recipient', 'journal'] as const)
      rows.push(...(await world.store.read.db.selectFrom(table).selectAll().execute()));
    const left = JSON.stringify(rows);
    expect(left).not.toContain('只有收件人');
    expect(left).not.toContain(ciphertext.toString('base64').slice(40, 80));
    expect(left).not.toContain(encryptionSerial(key));
    await world.close();
    await world.store.close();
  });
});
