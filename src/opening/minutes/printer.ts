import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';
import type { Sheet } from '#print/sheet.ts';
import { recordSm3, type SignedRecord, signRecord } from '../capsule/record.ts';
import type { OpeningRecord } from './record.ts';
import { type BidStatement, statementOf } from './statement.ts';

/** The papers of an opening. Every PDF carries the signed record inside and the hub's signature over the whole file behind its end. */
export interface Printer {
  /** 开标记录表. */
  minutesPdf(signed: SignedRecord<OpeningRecord>): Promise<Bytes>;
  /** One bid's own statement; undefined: no such bid in the record. */
  statement(record: OpeningRecord, bidId: string): Promise<SignedRecord<BidStatement> | undefined>;
  statementPdf(signed: SignedRecord<BidStatement>): Promise<Bytes>;
}

export const RECORD_FILE = 'opening-record.json';
export const STATEMENT_FILE = 'bid-statement.json';

/** `key`: the hub's signing key. `font`: loadFont. The PDF library is loaded with the first paper, not with the hub. */
export function createPrinter(deps: { gm: Gm; key: Sm2PrivateKey; font: () => Bytes }): Printer {
  const { gm, key, font } = deps;
  const finish = async (
    { sheet, foot }: { sheet: Sheet; foot: string[] },
    paper: { title: string; file: string; signed: SignedRecord<OpeningRecord> | SignedRecord<BidStatement> },
  ): Promise<Bytes> => {
    const { sealPdf } = await import('#print/pdf-seal.ts');
    const { doc } = sheet;
    const madeAt = new Date(paper.signed.record.madeAt);
    doc.setTitle(paper.title, { showInWindowTitleBar: true });
    doc.setLanguage('zh-CN');
    doc.setCreator('CA Interop Hub');
    doc.setProducer('CA Interop Hub');
    doc.setCreationDate(madeAt);
    doc.setModificationDate(madeAt);
    await doc.attach(utf8(JSON.stringify(paper.signed)), paper.file, {
      mimeType: 'application/json',
      description: '签名记录',
      creationDate: madeAt,
      modificationDate: madeAt,
    });
    return sealPdf(gm, key, await sheet.finish(foot));
  };
  return {
    minutesPdf: async (signed) => {
      const { layOutMinutes } = await import('./minutes-pdf.ts');
      const laid = await layOutMinutes(signed.record, recordSm3(gm, signed.record), font());
      return finish(laid, { title: `开标记录表 ${signed.record.opening.project}`, file: RECORD_FILE, signed });
    },
    statement: async (record, bidId) => {
      const statement = statementOf(gm, record, bidId);
      return statement && signRecord(gm, key, statement);
    },
    statementPdf: async (signed) => {
      const { layOutStatement } = await import('./statement-pdf.ts');
      const laid = await layOutStatement(signed.record, recordSm3(gm, signed.record), font());
      return finish(laid, {
        title: `投标文件开标情况说明 ${signed.record.bid.bidder.name}`,
        file: STATEMENT_FILE,
        signed,
      });
    },
  };
}
