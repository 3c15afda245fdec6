import { z } from 'zod';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, fromUtf8, utf8 } from '#kernel/bytes.ts';
import type { ValidationReport } from './report.ts';

/** Reports as papers: the data attached, the hub's signature over the whole file behind its end. */
export interface ReportPrinter {
  /** `name`: what the person who brought the file calls it; null: not said. */
  reportPdf(report: ValidationReport, name: string | null): Promise<Bytes>;
}

export const REPORT_FILE = 'validation-report.json';

/** What is attached to the paper. */
export interface AttachedReport {
  readonly v: 1;
  readonly type: 'validation-report';
  readonly hub: string;
  readonly name: string | null;
  readonly report: ValidationReport;
}

/** `key`: the hub's signing key. `font`: loadFont. `hub`: its public address. The PDF library is loaded with the first paper. */
export function createReportPrinter(deps: {
  gm: Gm;
  key: Sm2PrivateKey;
  font: () => Bytes;
  hub: string;
}): ReportPrinter {
  const { gm, key, font, hub } = deps;
  return {
    async reportPdf(report, name) {
      const [{ layOutReport }, { sealPdf }] = await Promise.all([
        import('./report-pdf.ts'),
        import('#print/pdf-seal.ts'),
      ]);
      const { sheet, foot } = await layOutReport(report, { name, hub }, font());
      const { doc } = sheet;
      const madeAt = new Date(report.checkedAt);
      doc.setTitle(`电子签名校验报告${name === null ? '' : ` ${name}`}`, { showInWindowTitleBar: true });
      doc.setLanguage('zh-CN');
      doc.setCreator('CA Interop Hub');
      doc.setProducer('CA Interop Hub');
      doc.setCreationDate(madeAt);
      doc.setModificationDate(madeAt);
      const attached: AttachedReport = { v: 1, type: 'validation-report', hub, name, report };
      await doc.attach(utf8(JSON.stringify(attached)), REPORT_FILE, {
        mimeType: 'application/json',
        description: '校验数据',
        creationDate: madeAt,
        modificationDate: madeAt,
      });
      return sealPdf(gm, key, await sheet.finish(foot));
    },
  };
}

const shape = z.looseObject({
  v: z.literal(1),
  type: z.literal('validation-report'),
  hub: z.string().max(500),
  name: z.string().max(500).nullable(),
  report: z.looseObject({
    documentSm3: z.string().regex(/^[0-9a-f]{64}$/),
    sentence: z.string().max(200),
    checkedAt: z.int(),
    signatures: z.array(z.looseObject({ sentence: z.string().max(200) })).max(1000),
  }),
});

/** What a paper under a good signature of the hub carries; undefined: something else. Only what is looked at here is known to be there. */
export function readAttachedReport(bytes: Bytes): AttachedReport | undefined {
  try {
    const parsed = shape.safeParse(JSON.parse(fromUtf8(bytes) ?? ''));
    return parsed.success ? (parsed.data as unknown as AttachedReport) : undefined;
  } catch {
    return undefined;
  }
}
