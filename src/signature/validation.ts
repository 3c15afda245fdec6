import type { Gm } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { createWaitingLine } from '#kernel/waiting-line.ts';
import type { Certificate } from '#pki/certificate.ts';
import { validatePath } from '#pki/path.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import type { SealMakers } from '#subscriber/seals/makers.ts';
import { OfdFault } from './ofd/fault.ts';
import { looksZipped } from './ofd/package.ts';
import { validateOfd } from './ofd/validate-ofd.ts';
import { PdfFault } from './pdf/objects.ts';
import { fileSource, type PdfSource } from './pdf/source.ts';
import type { Judges, ValidationDeps as JudgingDeps } from './report/judge-contents.ts';
import type { ValidationReport } from './report/report.ts';
import { validatePdf } from './report/validate-pdf.ts';
import { spool } from './spool.ts';

export interface ValidationDeps {
  readonly gm: Gm;
  readonly trust: Pick<Trust, 'judge'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** Roots and intermediates of the time authorities that are believed; self-signed ones are anchors. */
  readonly timeAuthorities: readonly Certificate[];
  /** Who makes seals; absent: nobody. */
  readonly sealMakers?: Pick<SealMakers, 'standing'>;
  readonly spoolDir: string;
}

export interface Validation {
  /**
   * The report on every signature of a PDF or an OFD, whichever its first bytes say, chains judged by the hub's own trust. Refusals: DOCUMENT_NOT_PDF,
   * DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN, DOCUMENT_TOO_COMPLEX; DOCUMENT_FORMAT for another archive than OFD, DOCUMENT_OFD_ENCRYPTED,
   * DOCUMENT_OFD_BROKEN, DOCUMENT_OFD_COMPLEX. Throws what `content` throws, and SERVICE_BUSY where it was not its turn in time; nothing of the document
   * is kept.
   */
  validate(content: AsyncIterable<Bytes>): Promise<Result<ValidationReport>>;
}

/** Each takes a core and may take 50 MB while it lasts. */
const JUDGED = { atOnce: 4, patienceMs: 120_000, busy: 'too many files to judge at once' };

/** One for each door, so that a crowd at one keeps nobody waiting at another. */
export function createValidation(deps: ValidationDeps): Validation {
  const judges = judgesOf(deps);
  const judging = createWaitingLine(JUDGED);
  return {
    async validate(content) {
      const handle = await spool(deps.spoolDir, deps.random, content);
      try {
        // Only when all of it is here: whoever sends slowly keeps nobody from his turn.
        return await judging.through(async () =>
          ok(await validateDocument({ gm: deps.gm, judges, now: deps.clock.now() }, await fileSource(handle))),
        );
      } catch (error) {
        if (error instanceof PdfFault) return refused(refusalOf(error));
        if (error instanceof OfdFault) return refused(refusalOfOfd(error));
        throw error;
      } finally {
        await handle.close();
      }
    },
  };
}

/** A ZIP archive is judged as OFD, everything else as PDF: one that claims to be both is neither. Throws PdfFault, OfdFault. */
export async function validateDocument(deps: JudgingDeps, source: PdfSource): Promise<ValidationReport> {
  return looksZipped(await source.read(0, 4)) ? validateOfd(deps, source) : validatePdf(deps, source);
}

/** Certificates by the hub’s trust, stamps by the time authorities given. */
export function judgesOf({
  gm,
  trust,
  clock,
  timeAuthorities,
  sealMakers,
}: Pick<ValidationDeps, 'gm' | 'trust' | 'clock' | 'timeAuthorities' | 'sealMakers'>): Judges {
  const anchors = timeAuthorities.filter((one) => Buffer.from(one.issuer.der).equals(one.subject.der));
  const intermediates = timeAuthorities.filter((one) => !anchors.includes(one));
  return {
    certificate: (certificate, at) => trust.judge(certificate, 'sign', at === null ? {} : { at }),
    maker: sealMakers?.standing ?? (() => 'stranger'),
    timestamp: (token, data) =>
      verifyTimestamp(gm, {
        ...{ token, data, nonce: null, allowNonGm: true, signingCertificate: 'if-present', at: clock.now() },
        judge: (certificate, carried, at) =>
          validatePath(gm, {
            ...{ certificate, anchors, at, purpose: 'timestamp', allowNonGm: true },
            intermediates: [...intermediates, ...carried],
          }),
      }),
  };
}

export function refusalOf({ fault, message }: PdfFault): Refusal {
  switch (fault) {
    case 'not-pdf':
      return refusal('DOCUMENT_NOT_PDF', {}, message);
    case 'encrypted':
      return refusal('DOCUMENT_ENCRYPTED', {}, message);
    case 'broken':
      return refusal('DOCUMENT_BROKEN', {}, message);
    case 'too-large':
    case 'unsupported':
      return refusal('DOCUMENT_TOO_COMPLEX', {}, message);
  }
}

export function refusalOfOfd({ fault, message }: OfdFault): Refusal {
  switch (fault) {
    case 'not-ofd':
      return refusal('DOCUMENT_FORMAT', {}, message);
    case 'encrypted':
      return refusal('DOCUMENT_OFD_ENCRYPTED', {}, message);
    case 'broken':
      return refusal('DOCUMENT_OFD_BROKEN', {}, message);
    case 'too-large':
    case 'unsupported':
      return refusal('DOCUMENT_OFD_COMPLEX', {}, message);
  }
}
