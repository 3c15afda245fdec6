import { setImmediate as breath } from 'node:timers/promises';
import type { Logger } from '#kernel/log.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Workbench } from '../workbench.ts';
import { bringSeal } from './bring.ts';
import type { SealMaterial } from './material.ts';
import { materialOf } from './record-seal.ts';
import * as rows from './repository.ts';
import * as adoption from './repository-adoption.ts';

/** Enrolments looked at before the hub writes down how far it has come. */
const PAGE = 50;

export interface Adopting {
  /** Raised when the hub closes: ends after the enrolment at hand. */
  readonly halt: AbortSignal;
  readonly log: Logger;
}

/**
 * Takes in what units sent before there was a library; answers how many seals. Each enrolment is looked at once: how far it came is written down page by page,
 * and a later call goes on from there. One transaction a seal, so what was taken in before a crash is not taken in again, nor by a second process of the hub.
 */
export async function adoptSeals(bench: Workbench, { halt, log }: Adopting): Promise<number> {
  const { store, clock } = bench;
  let taken = 0;
  while (!halt.aborted) {
    const before = await adoption.adoption(store.read);
    if (before !== undefined && before.done_at !== null) return taken;
    const from = before?.reached ?? '';
    const page = await adoption.enrolmentsAfter(store.read, from, PAGE);
    for (const { id, seal_id } of page) {
      if (halt.aborted) return taken;
      if (seal_id === null && (await adopt(bench, id, log))) taken += 1;
      await breath(); // a seal may be two megabytes: whoever waits for the hub comes first
    }
    const to = { reached: page.at(-1)?.id ?? from, doneAt: page.length < PAGE ? clock.now() : null };
    await store.tx((tx) => adoption.advance(tx, from, to));
  }
  return taken;
}

async function adopt(bench: Workbench, id: string, log: Logger): Promise<boolean> {
  const row = await adoption.bringingEnrolment(bench.store.read, id);
  if (row === undefined || row.seal_sealed === '') return false;
  let sent: SentSeal | null;
  try {
    sent = sentSeal(bench, row);
  } catch (error) {
    log.error({ err: error, enrolment: id }, 'the seal of an enrolment cannot be read; the library goes without it');
    return false;
  }
  if (sent === null) return false;
  const brought = { unitId: row.unit_id, enrolmentId: id, ownerIndex: row.owner_index, ...sent };
  return bench.store.tx(async (tx) => {
    const now = await adoption.bringingEnrolment(tx, id);
    // The unit may have sent another one meanwhile: that is the newer word. Or another process of the hub was first.
    if (now?.seal_sealed !== row.seal_sealed || (await rows.enrolmentSeal(tx, id)) !== undefined) return false;
    await bringSeal(bench, tx, brought);
    return true;
  });
}

interface SentSeal {
  readonly certificate: Certificate;
  readonly material: SealMaterial;
}

/** Null: nothing that a document can be sealed with; in most cases the record says so before the seal is opened. */
function sentSeal({ vault, gm }: Workbench, row: adoption.BringingEnrolment): SentSeal | null {
  const record = vault.openRecord(row);
  if (record.sealKind === 'none' || record.sealKind === 'opaque') return null;
  const text = vault.openSeal(row.id, row.seal_sealed);
  const material = materialOf(gm, { text, kind: record.sealKind }, { ...record, kind: row.kind });
  if (material === null) return null;
  return { certificate: vault.openCertificate(row.sign_certificate_id, row.sign_der_sealed), material };
}
