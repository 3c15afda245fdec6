/**
 * The bundle that reads PDFs, loaded when a document is shown: pdf.js for Chromium 86 with what that browser lacks. Its cmaps, standard fonts and picture
 * decoders are read only with the hashes that were built into this very file, which the page itself loads by hash.
 */
import './missing.ts';
import { AnnotationMode, getDocument, PDFDataRangeTransport, PDFWorker } from 'pdfjs-dist/legacy/build/pdf.mjs';
import './missing-after.ts';
import type { PDFDocumentLoadingTask } from 'pdfjs-dist/types/src/display/api.d.ts';
import { DocumentFault } from '../fault.ts';
import type { RangedBytes } from '../ranges.ts';

/** Written in by web/build.mjs: names below `/assets/`. */
declare const PDF_FILES: {
  readonly worker: string;
  /** Folder, with its slash. */
  readonly data: string;
  /** File name → SRI hash. */
  readonly integrity: Readonly<Record<string, string>>;
};

const base = new URL('./', import.meta.url);

/** The worker asks the page for every file, and the page asks the hub for that hash only: a worker that can connect to nowhere needs no trust. */
class CheckedFiles {
  async fetch({ filename }: { readonly kind: string; readonly filename: string }): Promise<Uint8Array> {
    const integrity = Object.hasOwn(PDF_FILES.integrity, filename) ? PDF_FILES.integrity[filename] : undefined;
    if (integrity === undefined) throw new Error(`no file ${filename}`);
    const answer = await fetch(new URL(PDF_FILES.data + filename, base).href, { integrity, credentials: 'omit' });
    if (!answer.ok) throw new Error(`${filename}: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

/** What pdf.js reads from. */
class Ranges extends PDFDataRangeTransport {
  readonly #bytes: RangedBytes;
  #failed: (error: unknown) => void;

  constructor(bytes: RangedBytes, failed: (error: unknown) => void) {
    super(bytes.size, bytes.head.slice());
    this.#bytes = bytes;
    this.#failed = failed;
  }

  override requestDataRange(begin: number, end: number): void {
    this.#bytes.read(begin, Math.min(end, this.#bytes.size)).then(
      (bytes) => this.onDataRange(begin, bytes),
      (error) => this.#failed(error),
    );
  }

  override abort(): void {
    this.#failed = () => undefined;
  }
}

const startWorker = (): Worker =>
  new Worker(new URL(PDF_FILES.worker, base).href, { type: 'module', credentials: 'omit' });

/** Starts with this module, while the document's first bytes are still on their way. */
let waiting: Worker | undefined = startWorker();

export interface Opening {
  readonly task: PDFDocumentLoadingTask;
  /** Ends the document and its worker. */
  end(): void;
}

/** Starts a worker for this one document. Nothing of the document is ever run: no scripts, no XFA; forms and notes are drawn as pictures. */
export function openDocument(bytes: RangedBytes, failed: (error: unknown) => void): Opening {
  const port = waiting ?? startWorker();
  waiting = undefined;
  port.addEventListener('error', () => failed(new DocumentFault('engine')));
  const worker = new PDFWorker({ port: port as unknown as null, verbosity: 0 });
  const data = new URL(PDF_FILES.data, base).href;
  const ranges = new Ranges(bytes, failed);
  const task = getDocument({
    range: ranges,
    worker,
    rangeChunkSize: 128 * 1024,
    disableAutoFetch: true,
    disableStream: true,
    cMapUrl: data,
    standardFontDataUrl: data,
    wasmUrl: data,
    useWorkerFetch: false,
    BinaryDataFactory: CheckedFiles,
    enableXfa: false,
    stopAtErrors: false,
    maxImageSize: 120_000_000,
    canvasMaxAreaInBytes: 64 * 1024 * 1024,
    verbosity: 0,
  });
  return {
    task,
    end: () => {
      ranges.abort();
      void task
        .destroy()
        .catch(() => undefined)
        .then(() => {
          worker.destroy();
          port.terminate();
        });
    },
  };
}

export { AnnotationMode };
