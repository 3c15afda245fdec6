import { isUniqueViolation } from '#store/store.ts';
import type { Workbench } from '../workbench.ts';
import { bringSeal } from './bring.ts';
import { materialOf } from './record-seal.ts';
import * as rows from './repository.ts';

const BATCH = 50;

/** Takes in what units sent before there was a library. Idempotent, one transaction a seal; answers how many it took. */
export async function adoptSeals(bench: Workbench): Promise<number> {
  let taken = 0;
  for (let after = ''; ; ) {
    const ids = await rows.enrolmentsWithoutSeal(bench.store.read, after, BATCH);
    for (const id of ids) if (await adopt(bench, id)) taken += 1;
    const last = ids.at(-1);
    if (last === undefined) return taken;
    after = last;
  }
}

async function adopt(bench: Workbench, id: string): Promise<boolean> {
  const { store, vault, gm } = bench;
  const row = await rows.bringingEnrolment(store.read, id);
  if (row === undefined) return false;
  const record = vault.openRecord(row);
  const text = vault.openSeal(row.id, row.seal_sealed);
  const material = materialOf(gm, { text, kind: record.sealKind }, { ...record, kind: row.kind });
  if (material === null) return false;
  const certificate = vault.openCertificate(row.sign_certificate_id, row.sign_der_sealed);
  const brought = { unitId: row.unit_id, enrolmentId: id, ownerIndex: row.owner_index, certificate, material };
  try {
    await store.tx(async (tx) => {
      const now = await rows.bringingEnrolment(tx, id);
      // The unit may have sent another one meanwhile: that is the newer word.
      if (now?.seal_sealed !== row.seal_sealed || (await rows.enrolmentSeal(tx, id)) !== undefined) return;
      await bringSeal(bench, tx, brought);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error; // another process of the hub was first
  }
  return true;
}
