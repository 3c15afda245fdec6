import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/display/api.d.ts';
import { loadChecked } from '../../checked-module.ts';
import { MM_PER_POINT } from './geometry.ts';
import { type PageText, readText } from './search.ts';
import type { LeafSize, ViewerEngine, ViewerFault, ViewerSource } from './types.ts';

type Engine = typeof import('./engine/pdf.ts');

/** A document that pdf.js holds open. */
export interface OpenDocument {
  readonly count: number;
  page(index: number): Promise<PDFPageProxy>;
  /** Draws the page as it is printed; resolves false when `signal` ended it. */
  draw(page: PDFPageProxy, canvas: HTMLCanvasElement, scale: number, signal: AbortSignal): Promise<boolean>;
  /** Words and where each letter stands. */
  letters(index: number): Promise<PageText>;
  text(index: number): Promise<string>;
  close(): void;
}

export class DocumentFault extends Error {
  readonly kind: ViewerFault;
  constructor(kind: ViewerFault) {
    super(kind);
    this.kind = kind;
  }
}

/** Loads the engine (once a page) and opens the document. Throws DocumentFault. `later`: a fault after opening. */
export async function openSource(
  engineAt: ViewerEngine,
  source: ViewerSource,
  later: (kind: ViewerFault) => void,
): Promise<OpenDocument> {
  const engine = await loadChecked<Engine>(engineAt.url, engineAt.integrity);
  if (engine === null) throw new DocumentFault('engine');
  let stopped: (fault: DocumentFault) => void = () => undefined;
  const stop = new Promise<never>((_, reject) => {
    stopped = reject;
  });
  stop.catch(() => undefined);
  const opening = engine.openDocument(
    'file' in source ? source : { url: source.url, headers: source.headers ?? {} },
    () => {
      stopped(new DocumentFault('engine'));
      later('engine');
    },
  );
  opening.task.onPassword = () => stopped(new DocumentFault('encrypted'));
  try {
    const document = await Promise.race([opening.task.promise, stop]);
    return around(engine, document, opening.end);
  } catch (error) {
    opening.end();
    throw error instanceof DocumentFault ? error : new DocumentFault(faultOf(error));
  }
}

function around(engine: Engine, document: PDFDocumentProxy, end: () => void): OpenDocument {
  // Layers as on paper: what a document shows on the screen only, or hides in print, is not what is signed.
  const letters = async (index: number): Promise<PageText> => {
    const page = await document.getPage(index + 1);
    return readText(
      await page.getTextContent({ disableNormalization: true }),
      page.getViewport({ scale: 1 / (page.userUnit || 1) }),
    );
  };
  const layers = document.getOptionalContentConfig({ intent: 'print' });
  return {
    count: document.numPages,
    page: (index) => document.getPage(index + 1),
    draw: async (page, canvas, scale, signal) => {
      const viewport = page.getViewport({ scale });
      canvas.width = Math.max(1, Math.round(viewport.width));
      canvas.height = Math.max(1, Math.round(viewport.height));
      const task = page.render({
        canvas,
        viewport,
        intent: 'print',
        annotationMode: engine.AnnotationMode.ENABLE,
        optionalContentConfigPromise: layers,
        background: '#ffffff',
      });
      // Printing would draw a page in one go; the person goes on scrolling meanwhile.
      task.onContinue = (go: () => void) => setTimeout(go, 0);
      const stop = () => task.cancel();
      signal.addEventListener('abort', stop);
      try {
        await task.promise;
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    letters,
    text: async (index) => (await letters(index)).text,
    close: end,
  };
}

/** The page as a person sees it. UserUnit only scales the screen; the hub counts points. */
export function sizeOf(page: PDFPageProxy): LeafSize {
  const [left = 0, bottom = 0, right = 0, top = 0] = page.view;
  const [width, height] = [(right - left) * MM_PER_POINT, (top - bottom) * MM_PER_POINT];
  return page.rotate % 180 === 0 ? { width, height } : { width: height, height: width };
}

export function faultOf(error: unknown): ViewerFault {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') return 'encrypted';
  if (name === 'InvalidPDFException' || name === 'FormatError' || name === 'UnknownErrorException') return 'broken';
  return 'unreachable';
}
