import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { serialNames } from '#pki/serial.ts';
import type { Unit } from '#relying-party/party.ts';
import { compareWithOthers, sayingOf } from './differences.ts';
import { maskedSerials, maskSerial } from './mask.ts';
import { type ChangeRequest, readRecord } from './record.ts';
import * as rows from './repository.ts';
import { retire } from './retire.ts';
import { tellOfCancellation } from './tell-others.ts';
import { alreadyCancelledWarning, keepOldKeyWarning } from './warnings.ts';
import type { ChangeOutcome, Workbench } from './workbench.ts';

/**
 * Cancels the key that the request's serials name, at this unit (readings L24). The vendor is not asked: a key is given up even when
 * its vendor is suspended or silent. Unknown serials are refused with the masked list of what this unit has of the subscriber.
 */
export async function cancelKey(bench: Workbench, unit: Unit, request: ChangeRequest): Promise<Result<ChangeOutcome>> {
  const { gm, vault, store, clock } = bench;
  const read = readRecord(gm, request, 'any');
  if (!read.ok) return read;
  const { unitCode, idNumber } = read.value;
  return store.tx(async (tx) => {
    const holders = await rows.subscribersByIndexes(tx, vault.index.unitCode(unitCode), vault.index.idNumber(idNumber));
    const keys = await rows.keysOfSubscribers(
      tx,
      unit.id,
      holders.map(({ id }) => id),
    );
    const opened = keys.map((key) => ({
      key,
      sign: vault.openCertificate(key.sign_certificate_id, key.sign_der_sealed),
      encrypt: vault.openCertificate(key.enc_certificate_id, key.enc_der_sealed),
    }));
    const meant = opened.filter(
      ({ sign, encrypt }) => serialNames(request.signSerial, sign) && serialNames(request.encryptionSerial, encrypt),
    );
    // Two vendors may have given the same serial; then the certificate that was sent decides.
    const target =
      meant.length > 1 ? meant.find(({ sign }) => sign.fingerprint === read.value.sign.fingerprint) : meant[0];
    if (target === undefined) {
      const alive = opened.filter(({ key }) => key.status === 'active').map(({ sign }) => sign.serial);
      return refused(refusal('CERTIFICATE_TO_CANCEL_UNKNOWN', { field: 'signSerial', tails: maskedSerials(alive) }));
    }
    const { key, sign } = target;
    const done = {
      status: storedStatus(key, clock.now()),
      created: false,
      enrolmentId: key.id,
      certificateId: key.sign_certificate_id,
    };
    if (key.status === 'cancelled') {
      return ok({ ...done, warnings: [alreadyCancelledWarning(sign.serial.slice(-4))], retired: [] });
    }
    await retire(bench, tx, key, { status: 'cancelled', change: 'cancel' });
    const all = await rows.keysByFingerprint(tx, vault.index.certificate(sign));
    await compareWithOthers(bench, tx, unit, { ...sayingOf(bench, key), status: 'cancelled' }, all);
    const told = await tellOfCancellation(bench, tx, unit, key);
    return ok({
      ...done,
      warnings: [keepOldKeyWarning([sign.serial]), ...told],
      retired: [maskSerial(sign.serial)],
    });
  });
}

/** What the certificate itself is, apart from its cancellation here. */
const storedStatus = (key: rows.KeyRow, now: number): ChangeOutcome['status'] => {
  if (key.sign_status === 'revoked') return 'revoked';
  return key.sign_not_after < now ? 'expired' : 'active';
};
