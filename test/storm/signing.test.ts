import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '#kernel/random.ts';
import { keptAmong } from '#signature/repository.ts';
import { createSealedFiles } from '#store/sealed-files.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { type DocumentReceiver, startDocumentReceiver } from './document-receiver.ts';
import { DocumentSigner } from './document-signer.ts';
import { drained } from './ledgers.ts';
import { type Stage, setStage } from './stage.ts';

/** R1 for signing: hub processes die by SIGKILL where it hurts most. */
let stage: Stage;
let receiver: DocumentReceiver;
/** Whose signature was seen to its end; an attempt that failed half-way leaves nobody here. */
const signers: DocumentSigner[] = [];
let begun = 0;
beforeAll(async () => {
  stage = await setStage({
    receive: async ({ port, unit }) => {
      receiver = await startDocumentReceiver({ port, secret: unit.secret, fileKey: unit.fileKey });
      return receiver;
    },
  });
});
afterAll(() => stage?.close());

async function signer(): Promise<DocumentSigner> {
  const { gm, unit, world, cast } = stage;
  const key = cast.good.find(({ name }) => name === 'anshan-beichen');
  if (key === undefined) throw new Error('no key with a seal');
  const access = { hub: world.hubUrl, caUnitId: unit.caUnitId, secret: unit.secret };
  const place = { gm, access: { ...unit, ...access }, fileKey: unit.fileKey, orgcode: unit.orgcode };
  begun += 1;
  const one = new DocumentSigner(place, key, `killed-${begun}`);
  await one.begin(plainPdf([{}, {}, { text: `Guarantee ${begun}` }]));
  return one;
}

/** Kills the hub this long after `work` has begun, and starts it again while `work` goes on asking. */
async function killedDuring(work: () => Promise<unknown>, afterMs: number): Promise<void> {
  const [hub] = stage.hubs;
  const going = work();
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await hub?.kill();
  await hub?.start();
  await going;
}

const documentFiles = (): string[] => {
  const folder = join(stage.world.folder, 'blobs', 'documents');
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.flatMap((one) => (one.isFile() ? [one.name] : [])).sort();
};

describe('the hub killed with SIGKILL in the middle of a signature', () => {
  it('while it is prepared and while the key’s answer is taken: signed once, delivered once in effect', async () => {
    for (const afterMs of [5, 20, 60]) {
      const pair = [await signer(), await signer()];
      await killedDuring(() => Promise.all(pair.map((one) => one.prepare())), afterMs);
      await killedDuring(() => Promise.all(pair.map((one) => one.complete())), afterMs);
      for (const one of pair) expect((await one.end()).state).toBe('succeeded');
      signers.push(...pair);
    }
  }, 240_000);

  it('after the trading system has taken the document and before it could say so: the same document comes again', async () => {
    const one = await signer();
    await one.prepare();
    let died: Promise<void> | undefined;
    receiver.beforeAnswer(async () => {
      await stage.hubs[0]?.kill();
      died = stage.hubs[0]?.start();
    });
    await one.complete();
    expect((await one.end()).state).toBe('succeeded');
    await died;
    expect(receiver.arrivals.filter(({ taskId }) => taskId === one.taskId).length).toBe(2);
    signers.push(one);
  }, 120_000);

  it('what a hub left when it died while it opened a file for a document on its way through is gone at the next start', async () => {
    const folder = join(stage.world.folder, 'blobs', 'spool');
    mkdirSync(folder, { recursive: true });
    const [old, young] = ['0'.repeat(32), '1'.repeat(32)].map((name) => join(folder, `${name}.tmp`)) as [
      string,
      string,
    ];
    for (const path of [old, young]) writeFileSync(path, '');
    const twoDaysAgo = Date.now() / 1000 - 48 * 3600;
    utimesSync(old, twoDaysAgo, twoDaysAgo);
    await stage.hubs[0]?.kill();
    await stage.hubs[0]?.start();
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  }, 120_000);

  it('nothing was lost, nothing signed twice, and what dead writers left is swept', async () => {
    await drained(stage);
    expect(receiver.strange).toEqual([]);
    const core = await stage.core();
    try {
      for (const one of signers) {
        const { made, document } = await one.view();
        expect([one.taskId, made.length]).toEqual([one.taskId, 1]);
        const came = receiver.arrivals.filter(({ taskId }) => taskId === one.taskId);
        expect([one.taskId, ...new Set(came.map(({ sm3 }) => sm3))]).toEqual([one.taskId, document?.sm3]);
        expect(came[0]?.file.toString('latin1').match(/\/ByteRange/g)).toHaveLength(1);
      }
      const { db } = core.store.read;
      const seen = new Set<string | null>(signers.map(({ interaction }) => interaction));
      const isSeen = (row: { readonly interaction_id: string | null }): boolean => seen.has(row.interaction_id);
      const signed = await db
        .selectFrom('journal')
        .select('interaction_id')
        .where('kind', '=', 'sign.signed')
        .execute();
      const uses = await db.selectFrom('seal_use').select('interaction_id').execute();
      for (const rows of [signed, uses]) {
        expect(new Set(rows.map((row) => row.interaction_id)).size).toBe(rows.length);
        expect(rows.filter(isSeen).length).toBe(signers.length);
      }
      expect((await core.journal.verify(core.store.read)).ok).toBe(true);

      const dir = join(stage.world.folder, 'blobs', 'documents');
      const files = createSealedFiles({ dir, gm: stage.gm, random: systemRandom });
      await files.sweep(Date.now() + 1_000, (names) => keptAmong(core.store.read, names));
      const named = await db.selectFrom('signing_file').select(['name', 'interaction_id']).execute();
      expect(documentFiles()).toEqual(named.map(({ name }) => name).sort());
      expect(named.filter(isSeen).length).toBe(2 * signers.length);
    } finally {
      await core.close();
    }
  }, 120_000);
});
