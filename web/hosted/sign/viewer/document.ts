import type { PDFDocumentProxy, PDFPageProxy, TextContent } from 'pdfjs-dist/types/src/display/api.d.ts';
import { loadChecked } from '../../checked-module.ts';
import { DocumentFault, faultOf } from './fault.ts';
import { MM_PER_POINT } from './geometry.ts';
import { bytesOf } from './ranges.ts';
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

/** Brings the engine into the page before a document is known. */
export const warmUp = (engine: ViewerEngine): void => {
  void loadChecked<Engine>(engine.url, engine.integrity);
};

/** Loads the engine and the document's first bytes together, and opens it. Throws DocumentFault. `later`: a fault after opening. */
export async function openSource(
  engineAt: ViewerEngine,
  source: ViewerSource,
  later: (kind: ViewerFault) => void,
): Promise<OpenDocument> {
  const reading = new AbortController();
  const [engine, bytes] = await Promise.all([
    loadChecked<Engine>(engineAt.url, engineAt.integrity),
    bytesOf(source, reading.signal),
  ]);
  if (engine === null) throw new DocumentFault('engine');
  let opened = false;
  let stop: (error: unknown) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  const opening = engine.openDocument(bytes, (error) => {
    if (opened) later(faultOf(error));
    else stop(error);
  });
  const end = () => {
    reading.abort();
    opening.end();
  };
  opening.task.onPassword = () => stop(new DocumentFault('encrypted'));
  try {
    const document = await Promise.race([opening.task.promise, stopped]);
    opened = true;
    return around(engine, document, end);
  } catch (error) {
    end();
    throw new DocumentFault(faultOf(error));
  }
}

function around(engine: Engine, document: PDFDocumentProxy, end: () => void): OpenDocument {
  // Layers as on paper: what a document shows on the screen only, or hides in print, is not what is signed.
  const letters = async (index: number): Promise<PageText> => {
    const page = await document.getPage(index + 1);
    return readText(await wordsOf(page), page.getViewport({ scale: 1 / (page.userUnit || 1) }));
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

/** `getTextContent` walks a stream as only browsers of 2024 can. */
async function wordsOf(page: PDFPageProxy): Promise<TextContent> {
  const reader = page
    .streamTextContent({ disableNormalization: true })
    .getReader() as ReadableStreamDefaultReader<TextContent>;
  const all: TextContent = { items: [], styles: {}, lang: null };
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    all.items.push(...part.value.items);
    Object.assign(all.styles, part.value.styles);
  }
  return all;
}

/** The page as a person sees it. UserUnit only scales the screen; the hub counts points. */
export function sizeOf(page: PDFPageProxy): LeafSize {
  const [left = 0, bottom = 0, right = 0, top = 0] = page.view;
  const [width, height] = [(right - left) * MM_PER_POINT, (top - bottom) * MM_PER_POINT];
  return page.rotate % 180 === 0 ? { width, height } : { width: height, height: width };
}
