import { base64, equalBytes } from '#kernel/bytes.ts';
import type { ConformanceCase, EncryptBench } from './conformance.ts';
import { must } from './conformance-checks.ts';

/** A vendor's own encrypt service: what it makes opens for the recipient, and for nobody it does not know. */
export function encryptCases(bench: EncryptBench | undefined): readonly ConformanceCase[] {
  const name = 'has its vendor make an envelope that the recipient opens';
  if (bench === undefined) return [{ name, skip: 'this vendor has no encrypt service', run: async () => undefined }];
  return [
    {
      name,
      async run() {
        for (const content of [Buffer.from('投标保函'), Buffer.alloc(100_000, 7)]) {
          const answer = await bench.run({ recipient: bench.recipient, content: base64(content) });
          must(answer.step === 'done', 'no envelope was made');
          must(!answer.envelope.includes(base64(content).slice(0, 16)), 'the content stands in the envelope');
          const opened = await bench.open(answer.envelope);
          must(opened !== undefined && equalBytes(opened, content), 'the envelope does not open to the content');
        }
      },
    },
    {
      name: 'makes no envelope to a certificate that is not its vendor’s',
      async run() {
        const answer = await bench.run({ recipient: bench.stranger, content: base64(Buffer.from('x')) });
        must(answer.step === 'refused', 'an envelope was made to a stranger');
      },
    },
  ];
}
