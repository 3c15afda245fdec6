import type { PageError } from '#hosted/api.ts';
import type { ValidationReport } from '#hosted/validate-api.ts';

/** What came back. `line`: nothing readable did; `large`: refused for its size before anything was read. */
export type Sent =
  | { readonly kind: 'report'; readonly report: ValidationReport }
  | { readonly kind: 'refused'; readonly error: PageError }
  | { readonly kind: 'line' };

/** By its name: the hub looks at the bytes. */
const isOfd = (file: File): boolean => /\.ofd$/i.test(file.name);
const typeOf = (file: File): string => (isOfd(file) ? 'application/ofd' : 'application/pdf');

const WITHIN_MS = 10 * 60_000;

/** The file as it is, with progress in percent; XMLHttpRequest because fetch does not tell of what it has sent. */
export function sendFile(path: string, file: File, onProgress: (percent: number) => void): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('content-type', typeOf(file));
    request.setRequestHeader('accept', 'application/json');
    request.timeout = WITHIN_MS;
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      if (total > 0) onProgress(Math.floor((loaded / total) * 100));
    });
    request.addEventListener('load', () => resolve(readAnswer(request.responseText)));
    for (const end of ['error', 'abort', 'timeout']) request.addEventListener(end, () => resolve({ kind: 'line' }));
    request.send(file);
  });
}

function readAnswer(text: string): Sent {
  try {
    const body = JSON.parse(text) as { ok?: unknown; report?: ValidationReport; error?: PageError };
    if (body.ok === true && body.report !== undefined) return { kind: 'report', report: body.report };
    if (body.ok === false && typeof body.error?.message === 'string') return { kind: 'refused', error: body.error };
  } catch {
    // something between us and the hub answered in its place
  }
  return { kind: 'line' };
}

/** The report as a paper: the file is sent once more, since the hub has kept nothing of it. null: it did not come. */
export async function fetchPaper(path: string, file: File): Promise<Blob | null> {
  try {
    const reply = await fetch(path, {
      method: 'POST',
      headers: {
        'content-type': typeOf(file),
        accept: 'application/pdf',
        'x-file-name': encodeURIComponent(file.name),
      },
      body: file,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
    return reply.headers.get('content-type') === 'application/pdf' ? await reply.blob() : null;
  } catch {
    return null;
  }
}
