import type { Journal } from '#audit/journal.ts';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { type Clock, isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import type { Random } from '#kernel/random.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Store } from '#store/store.ts';
import { changesSince, standingOf } from '../pdf/changes.ts';
import { openPdf } from '../pdf/document.ts';
import { PdfFault } from '../pdf/objects.ts';
import { signaturesOf } from '../pdf/signatures.ts';
import { fileSource, type PdfSource } from '../pdf/source.ts';
import { sm3Of } from '../report/digest-range.ts';
import type { Judges } from '../report/judge-contents.ts';
import type { ValidationReport } from '../report/report.ts';
import { certificateOf } from '../report/signer.ts';
import { validatePdf } from '../report/validate-pdf.ts';
import { spool } from '../spool.ts';
import { refusalOf } from '../validation.ts';
import { type JobPackage, packJob, reasonOf, type SignJob } from './job.ts';
import { insertJob, jobOf, type OfflineJob, useJob } from './repository.ts';

export interface OfflineJobsDeps {
  readonly store: Store;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly judges: Judges;
  /** The hub's signing key. */
  readonly key: Sm2PrivateKey;
  readonly publicUrl: string;
  readonly spoolDir: string;
}

export interface JobWish {
  /** Of the document as it is now, lower hex. */
  readonly documentSm3: string;
  readonly bytes: number;
  readonly name: string | null;
  /** SM3 of the only certificate that may sign, hex; null: any recognised one. */
  readonly certificate: string | null;
  /** Hours until the job ends, 1 to 720. */
  readonly hours: number;
}

export interface JobStatus {
  readonly id: string;
  readonly state: 'open' | 'used' | 'expired';
  readonly documentSm3: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly resultSm3: string | null;
}

/** Documents that are signed where no network is (no. 11): a job goes out, one signed document comes back, once. The hub never has the document before. */
export interface OfflineJobs {
  create(unit: Unit, wish: JobWish): Promise<Result<JobPackage>>;
  /** Refusals: OFFLINE_JOB_UNKNOWN. */
  status(unit: Unit, id: string): Promise<Result<JobStatus>>;
  /**
   * The signed document. It must be the job's document with exactly one more valid signature behind it that names the job. Uses the job up. Refusals:
   * OFFLINE_JOB_*, OFFLINE_RESULT_*, DOCUMENT_*. Throws what `content` throws; nothing of the document is kept.
   */
  complete(unit: Unit, id: string, content: AsyncIterable<Bytes>): Promise<Result<ValidationReport>>;
}

export function createOfflineJobs(deps: OfflineJobsDeps): OfflineJobs {
  const { store, gm, clock, random, journal } = deps;
  return {
    async create(unit, { documentSm3, bytes, name, certificate, hours }) {
      const now = clock.now();
      const expiresAt = now + hours * 3_600_000;
      const id = newId('job', random);
      const job: SignJob = {
        ...{ v: 1, type: 'sign-job', hub: deps.publicUrl, id, unit: unit.id, certificate },
        document: { sm3: documentSm3, bytes, name },
        ...{ issuedAt: isoUtc(now), expiresAt: isoUtc(expiresAt) },
      };
      const packed = await packJob(gm, deps.key, job);
      const row: OfflineJob = {
        ...{ id, unit_id: unit.id, document_sm3: documentSm3, bytes, certificate_sm3: certificate },
        ...{ created_at: now, expires_at: expiresAt, used_at: null, result_sm3: null },
      };
      await store.tx(async (tx) => {
        await insertJob(tx, row);
        await journal.append(tx, { kind: 'offline.job-made', unitId: unit.id, body: { job: id, documentSm3 } });
      });
      return ok(packed);
    },

    async status(unit, id) {
      const job = await jobOf(store.read, unit.id, id);
      return job === undefined ? refused(refusal('OFFLINE_JOB_UNKNOWN')) : ok(statusOf(job, clock.now()));
    },

    async complete(unit, id, content) {
      const job = await jobOf(store.read, unit.id, id);
      const open = stillOpen(job, clock.now());
      if (!open.ok) return open;
      const judged = await judge(deps, open.value, content);
      if (!judged.ok) return judged;
      const resultSm3 = judged.value.documentSm3;
      const used = await store.tx(async (tx) => {
        const first = await useJob(tx, { id, now: clock.now(), resultSm3 });
        if (first)
          await journal.append(tx, { kind: 'offline.job-signed', unitId: unit.id, body: { job: id, resultSm3 } });
        return first;
      });
      return used ? judged : refused(refusal('OFFLINE_JOB_USED'));
    },
  };
}

function stillOpen(job: OfflineJob | undefined, now: number): Result<OfflineJob> {
  if (job === undefined) return refused(refusal('OFFLINE_JOB_UNKNOWN'));
  switch (statusOf(job, now).state) {
    case 'used':
      return refused(refusal('OFFLINE_JOB_USED'));
    case 'expired':
      return refused(refusal('OFFLINE_JOB_EXPIRED'));
    case 'open':
      return ok(job);
  }
}

const statusOf = (job: OfflineJob, now: number): JobStatus => ({
  id: job.id,
  state: job.used_at !== null ? 'used' : job.expires_at <= now ? 'expired' : 'open',
  documentSm3: job.document_sm3,
  expiresAt: job.expires_at,
  usedAt: job.used_at,
  resultSm3: job.result_sm3,
});

async function judge(
  deps: OfflineJobsDeps,
  job: OfflineJob,
  content: AsyncIterable<Bytes>,
): Promise<Result<ValidationReport>> {
  const handle = await spool(deps.spoolDir, deps.random, content);
  try {
    return await judgeFile(deps, job, await fileSource(handle));
  } catch (error) {
    if (error instanceof PdfFault) return refused(refusalOf(error));
    throw error;
  } finally {
    await handle.close();
  }
}

async function judgeFile(deps: OfflineJobsDeps, job: OfflineJob, source: PdfSource): Promise<Result<ValidationReport>> {
  const { gm, judges, clock } = deps;
  if (source.size <= job.bytes || hex(await sm3Of(gm, source, [[0, job.bytes]])) !== job.document_sm3)
    return refused(refusal('OFFLINE_RESULT_OTHER'));
  const document = await openPdf(source);
  const added = (await signaturesOf(document)).filter(({ coveredTo }) => coveredTo > job.bytes);
  const [signature, second] = added;
  const names = signature?.claimed.reason === reasonOf(job);
  if (signature === undefined || second !== undefined || !names || signature.coveredTo !== source.size)
    return refused(refusal('OFFLINE_RESULT_UNBOUND'));
  // The revision that signs may do nothing else.
  if (standingOf(await changesSince(document, job.bytes)) !== 'extended')
    return refused(refusal('OFFLINE_RESULT_CHANGED'));
  const report = await validatePdf({ gm, judges, now: clock.now() }, source);
  const verdict = report.signatures.find(({ field }) => field === signature.fieldName)?.verdict;
  if (verdict === 'indeterminate') return refused(refusal('OFFLINE_RESULT_UNDECIDED'));
  if (verdict !== 'valid') return refused(refusal('OFFLINE_RESULT_INVALID'));
  const signer = certificateOf(gm, signature);
  if (job.certificate_sm3 !== null && (signer === undefined || hex(gm.sm3(signer.der)) !== job.certificate_sm3))
    return refused(refusal('OFFLINE_RESULT_SIGNER'));
  return ok(report);
}
